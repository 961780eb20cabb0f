import { GrammyError } from 'grammy';
import { Registry } from 'prom-client';
import { BotHealth } from '../../../src/chat/telegram/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/bot-metrics.js';
import { SendQueue } from '../../../src/chat/telegram/replies/send-queue.js';
import { Replies } from '../../../src/chat/telegram/replies/replies.js';
import { ServedChats } from '../../../src/chat/telegram/served-chats.js';
import { until } from '../../support/until.js';

const refusal = (error_code: number, description: string, parameters = {}) =>
  new GrammyError('failed', { ok: false, error_code, description, parameters }, 'sendMessage', {});

describe('what the bot says', () => {
  let stop: AbortController;
  let metrics: BotMetrics;
  let chats: ServedChats;
  let outbox: SendQueue;
  const failed = async () => (await metrics.repliesFailed.get()).values[0]!.value;

  beforeEach(() => {
    stop = new AbortController();
    const health = new BotHealth();
    metrics = new BotMetrics(new Registry(), health);
    chats = new ServedChats([-1, -2], health);
    outbox = new SendQueue(chats, metrics, stop.signal);
  });
  afterEach(() => stop.abort());

  it('in one chat does not wait for another that is told to wait', async () => {
    const said: string[] = [];
    outbox.put(-1, 'a', async () => {
      throw refusal(429, 'Too Many Requests: retry after 600', { retry_after: 600 });
    });
    outbox.put(-1, 'b', async () => said.push('behind it'));
    outbox.put(-2, 'c', async () => said.push('elsewhere'));
    await until(() => said.length > 0);
    expect(said).toEqual(['elsewhere']);
  });

  it.each([
    ['as long as it asks', { retry_after: 0.01 }],
    ['though it does not say how long', {}],
  ])(
    'is said after Telegram has put it off many times: %s',
    async (_, parameters) => {
      let tries = 0;
      outbox.put(-1, 'a', async () => {
        if (++tries <= 3) throw refusal(429, 'Too Many Requests', parameters);
      });
      await outbox.emptied();
      expect(tries).toBe(4);
      expect(await failed()).toBe(0);
    },
    30_000,
  );

  it('is given up after five failures, and not for what was put off', async () => {
    let tries = 0;
    outbox.put(-1, 'a', async () => {
      throw ++tries <= 2 ? refusal(429, 'Too Many Requests') : refusal(400, 'Bad Request: chat not found');
    });
    await outbox.emptied();
    expect(tries).toBe(3);
    expect(await failed()).toBe(1);
  }, 30_000);

  it('goes to the supergroup that a group has become', async () => {
    const ids: number[] = [];
    const say = async (chat: number) => {
      ids.push(chat);
      if (chat === -1)
        throw refusal(400, 'Bad Request: group chat was upgraded', { migrate_to_chat_id: -1009 });
    };
    outbox.put(-1, 'a', say);
    outbox.put(-1, 'b', say);
    await outbox.emptied();
    expect(ids).toEqual([-1, -1009, -1009]);
    expect(chats.has(-1009)).toBe(true);
    expect(await failed()).toBe(0);
  });

  it('in place of what still waits is the newest alone', async () => {
    const texts: string[] = [];
    let open = () => {};
    const api = {
      sendMessage: () => new Promise<void>((resolve) => (open = resolve)),
      editMessageText: async (_chat: number, _message: number, text: string) => texts.push(text),
    };
    const replies = new Replies(api as never, outbox, outbox);
    const place = { message_id: 5, chat: { id: -1 } };
    replies.reply(place as never, { text: 'holds up the queue' });
    for (const text of ['one', 'two', 'three']) replies.edit(place, { text });
    await until(() => open.length === 0);
    open();
    await outbox.emptied();
    expect(texts).toEqual(['three']);
    replies.edit(place, { text: 'four' });
    await outbox.emptied();
    expect(texts).toEqual(['three', 'four']);
  });
});
