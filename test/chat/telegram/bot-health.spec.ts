import { BotHealth } from '../../../src/chat/telegram/bot-health.js';

describe('the health of the bot', () => {
  let now: number;
  let health: BotHealth;
  beforeEach(() => {
    now = 1_000;
    health = new BotHealth(() => now);
  });

  it('is not there before Telegram and the register have answered', () => {
    expect(health.checks).toMatchObject({ telegram: { status: 'down' }, register: { status: 'down' } });
    health.polled();
    health.registerAnswered();
    expect(health.checks).toEqual({ telegram: { status: 'up' }, register: { status: 'up' } });
  });

  it('ends 90 s after the last poll', () => {
    health.polled();
    now += 90_000;
    expect(health.checks.telegram.status).toBe('up');
    now += 1_000;
    expect(health.checks.telegram).toEqual({ status: 'down', message: 'no answer for 91 s' });
    expect(health.secondsSincePoll).toBe(91);
  });

  it('ends with a chat that cannot be reached, and says what to set', () => {
    health.polled();
    health.registerAnswered();
    health.chatUnreachable(-5, 'chat -5 cannot be reached: set TELEGRAM_CHAT_ID');
    expect(health.checks).toMatchObject({
      chats: { status: 'down', message: 'chat -5 cannot be reached: set TELEGRAM_CHAT_ID' },
    });
    health.chatReachable(-5);
    expect(health.checks).not.toHaveProperty('chats');
  });

  it('ends with a refusal at once, and comes back with the next answer', () => {
    health.polled();
    health.pollRefused('another process polls');
    expect(health.checks.telegram).toEqual({ status: 'down', message: 'another process polls' });
    health.polled();
    expect(health.checks.telegram.status).toBe('up');
    health.registerAway('503');
    expect(health.checks.register).toEqual({ status: 'down', message: '503' });
    health.registerAnswered();
    expect(health.checks.register.status).toBe('up');
  });
});
