import { BotHealth } from '../../../src/chat/telegram/operations/bot-health.js';

describe('the health of the bot', () => {
  let now: number;
  let health: BotHealth;
  beforeEach(() => {
    now = 1_000;
    health = new BotHealth(() => now);
  });

  it('is down before Telegram and the API have answered', () => {
    expect(health.checks).toMatchObject({ telegram: { status: 'down' }, api: { status: 'down' } });
    health.polled();
    health.answered('api');
    expect(health.checks).toEqual({ telegram: { status: 'up' }, api: { status: 'up' } });
  });

  it('is down once 90 s have passed since the last poll', () => {
    health.polled();
    now += 90_000;
    expect(health.checks.telegram.status).toBe('up');
    now += 1_000;
    expect(health.checks.telegram).toEqual({ status: 'down', message: 'no answer for 91 s' });
    expect(health.secondsSincePoll).toBe(91);
  });

  it('is down while a chat is unreachable, and says what to set', () => {
    health.polled();
    health.answered('api');
    health.chatUnreachable(-5, 'chat -5 is unreachable: set TELEGRAM_CHAT_ID');
    expect(health.checks).toMatchObject({
      chats: { status: 'down', message: 'chat -5 is unreachable: set TELEGRAM_CHAT_ID' },
    });
    health.chatReachable(-5);
    expect(health.checks).not.toHaveProperty('chats');
  });

  it('is down at once after a rejection, and up again after the next answer', () => {
    health.polled();
    health.pollRejected('another process polls');
    expect(health.checks.telegram).toEqual({ status: 'down', message: 'another process polls' });
    health.polled();
    expect(health.checks.telegram.status).toBe('up');
    health.unavailable('api', '503');
    expect(health.checks.api).toEqual({ status: 'down', message: '503' });
    health.answered('api');
    expect(health.checks.api.status).toBe('up');
  });

  it('includes Kafka once it is used', () => {
    expect(health.checks).not.toHaveProperty('kafka');
    health.unavailable('kafka', 'no broker');
    expect(health.checks.kafka).toEqual({ status: 'down', message: 'no broker' });
    health.answered('kafka');
    expect(health.checks.kafka).toEqual({ status: 'up' });
  });
});
