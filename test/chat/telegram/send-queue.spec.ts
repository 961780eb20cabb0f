import { GrammyError } from 'grammy';
import { Registry } from 'prom-client';
import { BotHealth } from '../../../src/chat/telegram/operations/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/operations/bot-metrics.js';
import { SendQueue } from '../../../src/chat/telegram/replies/send-queue.js';
import { Replies } from '../../../src/chat/telegram/replies/replies.js';
import type { BotConfig } from '../../../src/chat/telegram/bot-config.js';
import { ServedChats } from '../../../src/chat/telegram/served-chats.js';
import { until } from '../../support/until.js';

const rejection = (error_code: number, description: string, parameters = {}) =>
  new GrammyError('failed', { ok: false, error_code, description, parameters }, 'sendMessage', {});

describe('a queued message', () => {
  let stop: AbortController;
  let metrics: BotMetrics;
  let chats: ServedChats;
  let queue: SendQueue;
  const failed = async () => (await metrics.repliesFailed.get()).values[0]!.value;

  beforeEach(() => {
    stop = new AbortController();
    const health = new BotHealth();
    metrics = new BotMetrics(new Registry(), health);
    chats = new ServedChats({ chats: [-1, -2] } as unknown as BotConfig, health);
    queue = new SendQueue(chats, metrics, stop.signal);
  });
  afterEach(() => stop.abort());

  it('is sent while Telegram throttles another chat', async () => {
    const sent: string[] = [];
    queue.put(-1, 'a', async () => {
      throw rejection(429, 'Too Many Requests: retry after 600', { retry_after: 600 });
    });
    queue.put(-1, 'b', async () => sent.push('behind it'));
    queue.put(-2, 'c', async () => sent.push('elsewhere'));
    await until(() => sent.length > 0);
    expect(sent).toEqual(['elsewhere']);
  });

  it.each([
    ['as long as it asks', { retry_after: 0.01 }],
    ['though it does not say how long', {}],
  ])(
    'is sent after Telegram has throttled it many times: %s',
    async (_, parameters) => {
      let tries = 0;
      queue.put(-1, 'a', async () => {
        if (++tries <= 3) throw rejection(429, 'Too Many Requests', parameters);
      });
      await queue.drained();
      expect(tries).toBe(4);
      expect(await failed()).toBe(0);
    },
    30_000,
  );

  it('is given up after failures, among which throttling does not count', async () => {
    let tries = 0;
    queue.put(-1, 'a', async () => {
      throw ++tries <= 2
        ? rejection(429, 'Too Many Requests')
        : rejection(400, 'Bad Request: chat not found');
    });
    await queue.drained();
    expect(tries).toBe(3);
    expect(await failed()).toBe(1);
  }, 30_000);

  it('is sent to the supergroup that a group has become', async () => {
    const ids: number[] = [];
    const send = async (chat: number) => {
      ids.push(chat);
      if (chat === -1)
        throw rejection(400, 'Bad Request: group chat was upgraded', { migrate_to_chat_id: -1009 });
    };
    queue.put(-1, 'a', send);
    queue.put(-1, 'b', send);
    await queue.drained();
    expect(ids).toEqual([-1, -1009, -1009]);
    expect(chats.has(-1009)).toBe(true);
    expect(await failed()).toBe(0);
  });

  it('is replaced by the newest edit of the same message', async () => {
    const texts: string[] = [];
    const sending: (() => void)[] = [];
    const api = {
      sendMessage: () => new Promise<void>((resolve) => sending.push(resolve)),
      editMessageText: async (_chat: number, _message: number, text: string) => texts.push(text),
    };
    const replies = new Replies(api as never, chats, metrics, stop.signal);
    const reference = { message_id: 5, chat: { id: -1 } };
    replies.reply(reference as never, { text: 'holds up the queue' });
    for (const text of ['one', 'two', 'three']) replies.edit(reference, { text });
    await until(() => sending.length === 1);
    sending[0]!();
    await replies.drain(5_000);
    expect(texts).toEqual(['three']);
    replies.edit(reference, { text: 'four' });
    await replies.drain(5_000);
    expect(texts).toEqual(['three', 'four']);
  });
});
