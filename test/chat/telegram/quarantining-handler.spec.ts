import type { Update } from 'grammy/types';
import { Registry } from 'prom-client';
import { BotHealth } from '../../../src/chat/telegram/operations/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/operations/bot-metrics.js';
import { en } from '../../../src/chat/core/translations/english.js';
import { QuarantiningHandler } from '../../../src/chat/telegram/updates/quarantining-handler.js';
import { ApiFailure } from '../../../src/chat/core/api/incidents-api-responses.js';
import { RetriesExhausted } from '../../../src/chat/core/api/incidents-api-client.js';
import type { IncidentsApi } from '../../../src/chat/core/api/incidents-api.js';
import type { ReportTransport } from '../../../src/chat/telegram/updates/report-transport.js';
import type { UpdateHandler } from '../../../src/chat/telegram/updates/update-handler.js';
import { ShutdownError } from '../../../src/shared/shutdown-error.js';
import { HurriedClock } from '../../support/hurried-clock.js';

const UPDATE = { update_id: 9, message: { message_id: 5, chat: { id: -1 }, text: 'a' } } as unknown as Update;
const IDENTITY = { key: 'tg:-1:5', actor: 'telegram:7 Anna' };
const exhausted = (method: 'POST' | 'PATCH') =>
  new RetriesExhausted(
    { method, path: '/incidents', body: { description: 'a' }, identity: IDENTITY },
    new ApiFailure('500', false),
  );

const transport = { worksWithoutApi: true } as ReportTransport;

describe('an update that fails', () => {
  let kept: { payload: string; reason: string; identity: object }[];
  let replies: string[];
  let stop: AbortController;
  let metrics: BotMetrics;
  const handle = (work: () => Promise<void>, quarantine = async () => {}) =>
    new QuarantiningHandler(
      { handle: work, needsApi: () => true } as unknown as UpdateHandler,
      {
        quarantine: async (payload: string, reason: string, identity: object) => {
          await quarantine();
          kept.push({ payload, reason, identity });
        },
      } as unknown as IncidentsApi,
      transport,
      { reply: (_: unknown, { text }: { text: string }) => replies.push(text), notify: () => {} } as never,
      en,
      metrics,
      new HurriedClock(),
      stop.signal,
    ).handle(UPDATE);

  beforeEach(() => {
    kept = [];
    replies = [];
    stop = new AbortController();
    metrics = new BotMetrics(new Registry(), new BotHealth());
  });

  it('is handled again until it succeeds', async () => {
    let tries = 0;
    await handle(async () => {
      if (++tries < 3) throw new TypeError('a bug');
    });
    expect(tries).toBe(3);
    expect(kept).toEqual([]);
  });

  it('is quarantined verbatim after five failures, and the chat is informed', async () => {
    let tries = 0;
    await handle(async () => {
      tries++;
      throw new TypeError('a bug');
    });
    expect(tries).toBe(5);
    expect(kept).toEqual([
      {
        payload: JSON.stringify(UPDATE),
        reason: 'a bug',
        identity: { key: 'tg:update:9', actor: 'telegram' },
      },
    ]);
    expect(replies).toEqual([en.quarantined]);
    expect((await metrics.updates.get()).values).toMatchObject([
      { labels: { kind: 'quarantined' }, value: 1 },
    ]);
  });

  it('is quarantined as a report that can be retried once the API has failed on it often enough', async () => {
    await handle(async () => {
      throw exhausted('POST');
    });
    expect(kept).toEqual([
      {
        payload: '{"description":"a"}',
        reason: 'the API has failed on it 5 times (500)',
        identity: IDENTITY,
      },
    ]);
    kept = [];
    await handle(async () => {
      throw exhausted('PATCH');
    });
    expect(kept).toMatchObject([{ payload: JSON.stringify(UPDATE) }]);
  });

  it('is not quarantined while the API fails on every request', async () => {
    let tries = 0;
    await handle(
      async () => {
        throw exhausted('POST');
      },
      async () => {
        if (++tries < 3) throw exhausted('POST');
      },
    );
    expect(tries).toBe(3);
    expect(kept).toHaveLength(1);
  });

  it('is left for the next start if the bot is stopped', async () => {
    const stopped = async () => {
      throw new ShutdownError();
    };
    await expect(handle(stopped)).rejects.toThrow(ShutdownError);
    stop.abort();
    const bug = async () => {
      throw new TypeError('a bug');
    };
    await expect(handle(bug)).rejects.toThrow(ShutdownError);
    await expect(handle(async () => Promise.reject(exhausted('POST')), stopped)).rejects.toThrow(
      ShutdownError,
    );
    expect(kept).toEqual([]);
  });

  it.each([
    ['needs the API, while reports do not', true, () => true, true],
    ['needs no API', true, () => false, false],
    ['needs the API, as reports do', false, () => true, false],
    [
      'cannot be read',
      true,
      () => {
        throw new TypeError('a bug');
      },
      true,
    ],
  ])('may wait, or not, if it %s', (_, worksWithoutApi, needsApi, mayWait) => {
    const handler = new QuarantiningHandler(
      { needsApi } as unknown as UpdateHandler,
      {} as IncidentsApi,
      { worksWithoutApi } as ReportTransport,
      {} as never,
      en,
      metrics,
      new HurriedClock(),
      stop.signal,
    );
    expect(handler.mayWait(UPDATE)).toBe(mayWait);
  });
});
