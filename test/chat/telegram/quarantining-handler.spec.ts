import type { Update } from 'grammy/types';
import { Registry } from 'prom-client';
import { BotHealth } from '../../../src/chat/telegram/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/bot-metrics.js';
import { en } from '../../../src/chat/core/translations/english.js';
import { QuarantiningHandler } from '../../../src/chat/telegram/updates/quarantining-handler.js';
import { ApiFailure } from '../../../src/chat/core/api/incidents-api-responses.js';
import { GaveUp } from '../../../src/chat/core/api/incidents-api-client.js';
import { ShutdownError } from '../../../src/shared/shutdown-error.js';

const UPDATE = { update_id: 9, message: { message_id: 5, chat: { id: -1 }, text: 'a' } } as unknown as Update;
const AS = { key: 'tg:-1:5', actor: 'telegram:7 Anna' };
const givenUp = (method: 'POST' | 'PATCH') =>
  new GaveUp(
    { method, path: '/incidents', body: { description: 'a' }, as: AS },
    new ApiFailure('500', false),
  );

describe('an update that fails', () => {
  let kept: { payload: string; reason: string; as: object }[];
  let said: string[];
  let stop: AbortController;
  let metrics: BotMetrics;
  const handle = (work: () => Promise<void>, quarantine = async () => {}) =>
    new QuarantiningHandler(
      { handle: work, needsRegister: () => true },
      {
        quarantine: async (payload: string, reason: string, as: object) => {
          await quarantine();
          kept.push({ payload, reason, as });
        },
      },
      { reply: (_: unknown, { text }: { text: string }) => said.push(text), notice: () => {} } as never,
      en,
      metrics,
      stop.signal,
    ).handle(UPDATE);

  beforeEach(() => {
    kept = [];
    said = [];
    stop = new AbortController();
    metrics = new BotMetrics(new Registry(), new BotHealth());
  });

  it('is tried again, and is no matter when that goes well', async () => {
    let tries = 0;
    await handle(async () => {
      if (++tries < 3) throw new TypeError('a bug');
    });
    expect(tries).toBe(3);
    expect(kept).toEqual([]);
  });

  it('goes to the quarantine as it came, after five times, and the chat is told', async () => {
    let tries = 0;
    await handle(async () => {
      tries++;
      throw new TypeError('a bug');
    });
    expect(tries).toBe(5);
    expect(kept).toEqual([
      { payload: JSON.stringify(UPDATE), reason: 'a bug', as: { key: 'tg:update:9', actor: 'telegram' } },
    ]);
    expect(said).toEqual([en.quarantined]);
    expect((await metrics.updates.get()).values).toMatchObject([
      { labels: { kind: 'quarantined' }, value: 1 },
    ]);
  }, 30_000);

  it('goes there as the report that can be tried again, at once where the register was asked often enough', async () => {
    await handle(async () => {
      throw givenUp('POST');
    });
    expect(kept).toEqual([
      { payload: '{"description":"a"}', reason: 'the API has failed on it 5 times (500)', as: AS },
    ]);
    kept = [];
    await handle(async () => {
      throw givenUp('PATCH');
    });
    expect(kept).toMatchObject([{ payload: JSON.stringify(UPDATE) }]);
  });

  it('waits where the register fails on whatever it is asked', async () => {
    let tries = 0;
    await handle(
      async () => {
        throw givenUp('POST');
      },
      async () => {
        if (++tries < 3) throw givenUp('POST');
      },
    );
    expect(tries).toBe(3);
    expect(kept).toHaveLength(1);
  });

  it('is left to the next start where the bot is told to stop', async () => {
    const stopped = async () => {
      throw new ShutdownError();
    };
    await expect(handle(stopped)).rejects.toThrow(ShutdownError);
    stop.abort();
    const bug = async () => {
      throw new TypeError('a bug');
    };
    await expect(handle(bug)).rejects.toThrow(ShutdownError);
    await expect(handle(async () => Promise.reject(givenUp('POST')), stopped)).rejects.toThrow(ShutdownError);
    expect(kept).toEqual([]);
  });
});
