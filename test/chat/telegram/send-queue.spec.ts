import fc from 'fast-check';
import { GrammyError } from 'grammy';
import type { Message } from 'grammy/types';
import { Registry } from 'prom-client';
import type { OutgoingMessage } from '../../../src/chat/core/messages/outgoing-message.js';
import type { BotConfig } from '../../../src/chat/telegram/bot-config.js';
import { BotHealth } from '../../../src/chat/telegram/operations/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/operations/bot-metrics.js';
import { Replies, type UpdatableMessage } from '../../../src/chat/telegram/replies/replies.js';
import { ServedChats } from '../../../src/chat/telegram/served-chats.js';
import type { TelegramApi } from '../../../src/chat/telegram/telegram-api.js';
import { VirtualMonotonicClock } from '../../support/virtual-monotonic-clock.js';

const GROUP = -1;
const OTHER_GROUP = -2;
const PERSON = 7;
const LATENCY_MS = 50;
const MINUTE_MS = 60_000;

interface Request {
  readonly atMs: number;
  readonly chat: number;
  readonly text: string;
  /** The message that is edited. */
  readonly edited?: number;
  readonly options?: Record<string, any>;
}

const rejection = (error_code: number, description: string, parameters = {}) =>
  new GrammyError('failed', { ok: false, error_code, description, parameters }, 'sendMessage', {});
const throttled = (parameters = {}) => rejection(429, 'Too Many Requests', parameters);

describe('a message of the bot', () => {
  let stop: AbortController;
  let clock: VirtualMonotonicClock;
  let health: BotHealth;
  let metrics: BotMetrics;
  let chats: ServedChats;
  let replies: Replies;
  /** Those that reached Telegram, whatever it has answered. */
  let requests: Request[];
  /** Those that Telegram has accepted. */
  let accepted: Request[];
  /** Throws if Telegram rejects the request. */
  let judge: (request: Request) => void;

  const request = async (each: Request): Promise<Message> => {
    requests.push(each);
    await clock.sleep(LATENCY_MS);
    judge(each);
    accepted.push(each);
    return { message_id: 1_000 + requests.length, chat: { id: each.chat } } as Message;
  };
  const api = {
    sendMessage: (chat: number, text: string, options: object) =>
      request({ atMs: clock.now(), chat, text, options }),
    editMessageText: (chat: number, edited: number, text: string) =>
      request({ atMs: clock.now(), chat, text, edited }),
    answerCallbackQuery: async (id: string, { text }: { text?: string }) => {
      requests.push({ atMs: clock.now(), chat: 0, text: `${id} ${text}` });
    },
  } as unknown as TelegramApi;

  /** A message of a person. */
  const written = (message_id: number, chat = GROUP, more: object = {}) =>
    ({ message_id, chat: { id: chat }, ...more }) as Message;
  const line = (n: number): OutgoingMessage => ({ text: `reply ${n}`, line: `#${n} NEW` });
  const reply = (n: number, chat = GROUP) => replies.reply(written(n, chat), line(n));
  const textsIn = (chat: number) => accepted.filter((each) => each.chat === chat).map(({ text }) => text);
  const numbersIn = (texts: readonly string[]) =>
    texts.flatMap((text) => [...text.matchAll(/^(?:reply |#)(\d+)/gm)].map(([, n]) => Number(n)));
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1);
  const failed = async () => (await metrics.repliesFailed.get()).values[0]!.value;

  beforeEach(() => {
    stop = new AbortController();
    clock = new VirtualMonotonicClock();
    health = new BotHealth();
    metrics = new BotMetrics(new Registry(), health);
    const config = {
      chats: [GROUP, OTHER_GROUP, PERSON],
      TELEGRAM_MESSAGES_PER_MINUTE: 20,
    } as unknown as BotConfig;
    chats = new ServedChats(config, health);
    replies = new Replies(api, config, chats, metrics, clock, stop.signal);
    requests = [];
    accepted = [];
    judge = () => {};
  });

  it('is sent at once, as a reply, while the limits allow it', async () => {
    for (const n of upTo(8)) reply(n);
    await clock.advance(8 * LATENCY_MS);
    expect(textsIn(GROUP)).toEqual(upTo(8).map((n) => `reply ${n}`));
    expect(accepted[0]!.options).toMatchObject({ reply_parameters: { message_id: 1 } });
  });

  it('is combined with the others of a storm: 300 take a few messages, within a minute', async () => {
    for (const n of upTo(300)) {
      reply(n);
      await clock.advance(10);
    }
    await clock.advance(MINUTE_MS);
    expect(accepted.length).toBeLessThanOrEqual(12);
    expect(numbersIn(textsIn(GROUP)).toSorted((one, other) => one - other)).toEqual(upTo(300));
    expect(textsIn(GROUP).every((text) => text.length <= 4_096)).toBe(true);
    expect((await metrics.messagesCombined.get()).values[0]!.value).toBeGreaterThan(250);
    const waits = (await metrics.messageWait.get()).values;
    expect(waits.find(({ metricName }) => metricName?.endsWith('_count'))!.value).toBe(300);
  });

  it('is sent within the limits of its chat and of all chats, whatever is sent, and none is lost', async () => {
    const chat = fc.constantFrom(
      GROUP,
      OTHER_GROUP,
      PERSON,
      ...Array.from({ length: 40 }, (_, n) => 100 + n),
    );
    const kind = fc.constantFrom('line', 'alone', 'edit');
    const step = fc.record({ chat, kind, pauseMs: fc.oneof(fc.constant(0), fc.nat(3_000)) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
        clock = new VirtualMonotonicClock();
        const config = { TELEGRAM_MESSAGES_PER_MINUTE: 20 } as unknown as BotConfig;
        replies = new Replies(api, config, chats, metrics, clock, stop.signal);
        accepted = [];
        for (const [n, { chat, kind, pauseMs }] of steps.entries()) {
          if (kind === 'line') reply(n, chat);
          if (kind === 'alone') replies.reply(written(n, chat), { text: `reply ${n}` });
          if (kind === 'edit') replies.edit({ message_id: n, chat: { id: chat } }, { text: `reply ${n}` });
          await clock.advance(pauseMs);
        }
        await clock.advance(80 * 5_000);
        const seen = numbersIn(accepted.map(({ text }) => text));
        expect(seen.toSorted((one, other) => one - other)).toEqual([...steps.keys()]);
        const mostWithin = (windowMs: number, some: readonly Request[]) =>
          Math.max(
            0,
            ...some.map(
              ({ atMs: start }) => some.filter(({ atMs }) => atMs >= start && atMs < start + windowMs).length,
            ),
          );
        expect(mostWithin(1_000, accepted)).toBeLessThanOrEqual(30);
        for (const id of [GROUP, OTHER_GROUP]) {
          const inGroup = accepted.filter((each) => each.chat === id);
          expect(mostWithin(MINUTE_MS, inGroup)).toBeLessThanOrEqual(20);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is sent at most 30 times in any second to all chats together, which take turns', async () => {
    const people = upTo(100);
    for (const person of people) reply(person, 10 + person);
    for (const person of people) replies.reply(written(1, 10 + person), { text: `second to ${person}` });
    await clock.advance(1_000 - 1);
    expect(requests.length).toBeGreaterThanOrEqual(25);
    expect(requests.length).toBeLessThanOrEqual(30);
    await clock.advance(15_000);
    expect(
      numbersIn(accepted.slice(0, 100).map(({ text }) => text)).toSorted((one, other) => one - other),
    ).toEqual(people);
    expect(accepted).toHaveLength(200);
  });

  it('is not delayed by a storm in another chat, or by a pause that Telegram asks for there', async () => {
    judge = ({ chat }) => {
      if (chat === GROUP) throw throttled({ retry_after: 600 });
    };
    for (const n of upTo(300)) reply(n);
    await clock.advance(1_000);
    reply(301, OTHER_GROUP);
    reply(302, PERSON);
    await clock.advance(LATENCY_MS);
    expect([textsIn(OTHER_GROUP), textsIn(PERSON)]).toEqual([['reply 301'], ['reply 302']]);
  });

  it('is sent again as late as Telegram asks, with those that have come meanwhile, and nothing is sent before', async () => {
    let isThrottled = true;
    judge = () => {
      if (isThrottled) throw throttled({ retry_after: 600 });
    };
    for (const n of upTo(20)) reply(n);
    await clock.advance(LATENCY_MS);
    isThrottled = false;
    await clock.advance(600_000 - 1);
    expect(requests).toHaveLength(1);
    await clock.advance(LATENCY_MS + 1);
    expect(numbersIn(textsIn(GROUP))).toEqual(upTo(20));
    expect(textsIn(GROUP)).toHaveLength(1);
    expect(await failed()).toBe(0);
  });

  it.each([
    ['a message', () => reply(1)],
    ['an edit', () => replies.edit({ message_id: 1, chat: { id: GROUP } }, { text: 'reply 1' })],
  ])('is sent after growing pauses if Telegram throttles it without saying how long: %s', async (_, put) => {
    judge = () => {
      if (requests.length <= 6) throw throttled();
    };
    put();
    await clock.advance(5 * MINUTE_MS);
    expect(numbersIn(textsIn(GROUP))).toEqual([1]);
    const pauses = requests.slice(1).map(({ atMs }, n) => atMs - requests[n]!.atMs);
    expect(pauses[5]!).toBeGreaterThan(4 * pauses[0]!);
    expect(await failed()).toBe(0);
  });

  it('is given up if Telegram fails five times, and then the next one is sent', async () => {
    judge = ({ text }) => {
      if (text === 'reply 1') throw rejection(502, 'Bad Gateway');
    };
    reply(1);
    await clock.advance(MINUTE_MS);
    expect(requests).toHaveLength(5);
    expect(await failed()).toBe(1);
    reply(2);
    await clock.advance(MINUTE_MS);
    expect(textsIn(GROUP)).toEqual(['reply 2']);
  });

  it('is dropped if a thousand others wait, and counted', async () => {
    judge = () => {
      throw throttled({ retry_after: 3_600 });
    };
    for (const n of upTo(1_000)) reply(n);
    reply(1_001, OTHER_GROUP);
    expect(await failed()).toBe(1);
    judge = () => {};
    await clock.advance(2 * 3_600_000);
    expect(numbersIn(textsIn(GROUP))).toEqual(upTo(1_000));
    reply(1_002, OTHER_GROUP);
    await clock.advance(LATENCY_MS);
    expect(textsIn(OTHER_GROUP)).toEqual(['reply 1002']);
  });

  it('is sent to the supergroup that a group has become', async () => {
    judge = ({ chat }) => {
      if (chat === GROUP) throw rejection(400, 'Bad Request: upgraded', { migrate_to_chat_id: -1009 });
    };
    reply(1);
    reply(2);
    await clock.advance(1_000);
    expect(textsIn(-1009)).toEqual(['reply 1', 'reply 2']);
    expect(requests).toHaveLength(3);
    expect(chats.has(-1009)).toBe(true);
    expect(await failed()).toBe(0);
  });

  describe('that no person has asked for', () => {
    it('is sent as a reply, without a sound', async () => {
      const posted = replies.post(GROUP, { text: 'a', replyTo: 5, isSilent: true });
      await clock.advance(LATENCY_MS);
      expect(await posted).toBe(true);
      expect(accepted).toMatchObject([
        { text: 'a', options: { reply_parameters: { message_id: 5 }, disable_notification: true } },
      ]);
    });

    it('is known to be sent once the message is that it was combined into, which sounds if one of them does', async () => {
      const results: boolean[] = [];
      for (const n of upTo(20)) {
        void replies.post(GROUP, { ...line(n), isSilent: n !== 20 }).then((isSent) => results.push(isSent));
      }
      await clock.advance(LATENCY_MS - 1);
      expect(results).toEqual([]);
      await clock.advance(1);
      expect(results).toEqual(Array(20).fill(true));
      expect(accepted[0]!.options).toMatchObject({ disable_notification: false });
    });

    it('is sent however long Telegram fails, and however many others wait', async () => {
      judge = () => {
        throw rejection(502, 'Bad Gateway');
      };
      for (const n of upTo(1_000)) replies.reply(written(n), { text: `reply ${n}` });
      const posted = replies.post(OTHER_GROUP, { text: 'a' });
      await clock.advance(10 * MINUTE_MS);
      expect(requests.filter(({ chat }) => chat === OTHER_GROUP).length).toBeGreaterThan(5);
      judge = () => {};
      await clock.advance(MINUTE_MS);
      expect(await posted).toBe(true);
    });

    it.each([
      [403, 'Forbidden: bot was kicked from the supergroup chat', true],
      [400, 'Bad Request: chat not found', true],
      [400, 'Bad Request: message text is empty', false],
    ])('is not sent if Telegram refuses it: %i %s', async (code, description, isUnreachable) => {
      judge = () => {
        throw rejection(code, description);
      };
      const posted = replies.post(GROUP, { text: 'a' });
      await clock.advance(LATENCY_MS);
      expect(await posted).toBe(false);
      expect(requests).toHaveLength(1);
      expect(await failed()).toBe(1);
      expect('chats' in health.checks).toBe(isUnreachable);

      judge = () => {};
      const again = replies.post(GROUP, { text: 'b' });
      await clock.advance(LATENCY_MS);
      expect(await again).toBe(true);
      expect(health.checks).not.toHaveProperty('chats');
    });
  });

  describe('that changes', () => {
    let changing: UpdatableMessage;
    const onQueued = (queued: UpdatableMessage) => {
      changing = queued;
    };

    it('is sent as it is by then if it waits', async () => {
      for (const n of upTo(20)) reply(n);
      replies.reply(written(21), { text: 'old', line: 'old', onQueued });
      changing.update(line(21));
      await clock.advance(MINUTE_MS);
      expect(numbersIn(textsIn(GROUP))).toEqual(upTo(21));
      expect(changing.id).toBeUndefined();
      const before = accepted.length;
      changing.update({ text: 'an offer' }, 'leave');
      await clock.advance(MINUTE_MS);
      expect(accepted).toHaveLength(before);
      changing.update({ text: 'reply 22' });
      await clock.advance(MINUTE_MS);
      expect(accepted.at(-1)).toMatchObject({
        text: 'reply 22',
        options: { reply_parameters: { message_id: 21 } },
      });
    });

    it('is edited if it was sent as a message of its own, or is on its way', async () => {
      replies.reply(written(1), { text: 'old', line: 'old', onQueued });
      await clock.advance(1);
      changing.update({ text: 'newer' });
      await clock.advance(1_000);
      expect(accepted).toMatchObject([{ text: 'old' }, { text: 'newer', edited: changing.id }]);
      changing.update({ text: 'newest', line: 'newest' });
      await clock.advance(1_000);
      expect(accepted[2]).toMatchObject({ text: 'newest', edited: changing.id });
    });

    it('is edited once if it changes several times while the edit waits', async () => {
      const reference = { message_id: 5, chat: { id: GROUP } };
      reply(1);
      for (const text of ['one', 'two', 'three']) replies.edit(reference, { text });
      await clock.advance(1_000);
      replies.edit(reference, { text: 'four' });
      await clock.advance(1);
      replies.edit(reference, { text: 'five, while the fourth is on its way' });
      await clock.advance(1_000);
      expect(textsIn(GROUP)).toEqual(['reply 1', 'three', 'four', 'five, while the fourth is on its way']);
    });
  });

  describe('when the bot is stopped', () => {
    it('is combined with all others that wait, and sent at once', async () => {
      for (const n of upTo(8)) {
        reply(n);
        await clock.advance(LATENCY_MS);
      }
      for (const n of upTo(300).slice(8)) reply(n);
      for (const n of [301, 302]) replies.reply(written(n), { text: `reply ${n}` });
      await clock.advance(1_000);
      expect(accepted).toHaveLength(8);
      stop.abort();
      const drained = replies.drain(60_000);
      await clock.advance(1_000);
      await drained;
      expect(numbersIn(textsIn(GROUP)).toSorted((one, other) => one - other)).toEqual(upTo(302));
      expect(accepted.length).toBeLessThan(16);
    });

    it('is given up if Telegram has asked to wait', async () => {
      judge = () => {
        throw throttled({ retry_after: 600 });
      };
      const posts = upTo(20).map((n) => replies.post(GROUP, line(n)));
      await clock.advance(1_000);
      stop.abort();
      await replies.drain(60_000);
      expect(await Promise.all(posts)).toEqual(Array(20).fill(false));
      expect(await failed()).toBe(20);
      expect(requests).toHaveLength(1);
    });
  });

  it('does not delay the answer to the press of a button', async () => {
    for (const n of upTo(300)) reply(n);
    await clock.advance(1_000);
    const before = requests.length;
    replies.notify({ id: 'press' }, 'a');
    await clock.advance(0);
    expect(requests.slice(before).map(({ text }) => text)).toEqual(['press a']);
  });
});
