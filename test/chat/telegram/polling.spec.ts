import { jest } from '@jest/globals';
import type { Update } from 'grammy/types';
import { Registry } from 'prom-client';
import { BotHealth } from '../../../src/chat/telegram/operations/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/operations/bot-metrics.js';
import type { PollingApi } from '../../../src/chat/telegram/telegram-api.js';
import { Polling } from '../../../src/chat/telegram/updates/polling.js';
import type { QuarantiningHandler } from '../../../src/chat/telegram/updates/quarantining-handler.js';
import { ShutdownError } from '../../../src/shared/shutdown-error.js';
import { until } from '../../support/until.js';

/** Telegram with these updates: it delivers them until an offset above them is named. */
class Queue {
  readonly polls: { readonly at: number; readonly offset: number | undefined; readonly limit: number }[] = [];
  private ids: number[] = [];
  private wake = (): void => undefined;

  deliver(...ids: readonly number[]): void {
    this.ids.push(...ids);
    this.wake();
  }

  get unacknowledged(): readonly number[] {
    return this.ids;
  }

  readonly api = {
    getUpdates: async (
      { offset, limit, timeout }: { offset?: number; limit: number; timeout: number },
      signal: AbortSignal,
    ) => {
      this.polls.push({ at: performance.now(), offset, limit });
      this.ids = this.ids.filter((id) => id >= (offset ?? 0));
      if (this.ids.length === 0 && timeout > 0) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      return this.ids.slice(0, limit).map((id) => ({ update_id: id }) as Update);
    },
  } as unknown as PollingApi;
}

describe('polling', () => {
  let queue: Queue;
  let stop: AbortController;
  let running: Promise<void>;
  let handled: number[];
  /** What each update with an id that can be divided by 10 waits for. */
  let apiAnswer: Promise<void>;
  let answer: () => void;
  let metrics: BotMetrics;

  const handle = async ({ update_id: id }: Update) => {
    if (id % 10 === 0) await apiAnswer;
    handled.push(id);
  };
  const poll = (mayWait: (update: Update) => boolean) => {
    const handler = { handle, mayWait } as unknown as QuarantiningHandler;
    running = new Polling(queue.api, handler, new BotHealth(), metrics, stop.signal).run();
  };
  const unacknowledged = async () => (await metrics.unacknowledgedUpdates.get()).values[0]!.value;

  beforeEach(() => {
    queue = new Queue();
    stop = new AbortController();
    handled = [];
    const health = new BotHealth();
    metrics = new BotMetrics(new Registry(), health);
    apiAnswer = new Promise((resolve, reject) => {
      answer = resolve;
      stop.signal.addEventListener('abort', () => reject(new ShutdownError()), { once: true });
    });
    apiAnswer.catch(() => undefined);
  });
  afterEach(async () => {
    stop.abort();
    await running;
  });

  it('handles updates behind a waiting one once, and acknowledges none of them before it', async () => {
    poll(({ update_id: id }) => id % 10 === 0);
    queue.deliver(19, 20, 21);
    await until(() => handled.length === 2);
    queue.deliver(22, 30, 31);
    await until(() => handled.length === 4);
    await until(() => queue.polls.length > 4);
    expect(handled).toEqual([19, 21, 22, 31]);
    expect(queue.unacknowledged).toEqual([20, 21, 22, 30, 31]);
    expect(await unacknowledged()).toBe(5);

    answer();
    await until(() => queue.unacknowledged.length === 0);
    expect(handled).toEqual([19, 21, 22, 31, 20, 30]);
    expect(await unacknowledged()).toBe(0);
  });

  it('requests as many updates as Telegram delivers while one waits, with growing pauses', async () => {
    // The shortest pauses that are possible: half of 200 ms, and twice as long after each poll that brings nothing new.
    const random = jest.spyOn(Math, 'random').mockReturnValue(1);
    poll(({ update_id: id }) => id % 10 === 0);
    queue.deliver(...Array.from({ length: 120 }, (_, n) => 1_000 + 10 * n));
    await until(() => queue.polls.length >= 5);
    random.mockRestore();
    const pauses = queue.polls.slice(1).map(({ at }, n) => at - queue.polls[n]!.at);
    // A timer may end a millisecond early.
    for (const [n, minMs] of [100, 100, 200, 400].entries()) expect(pauses[n]).toBeGreaterThan(minMs - 2);
    expect(queue.polls.slice(1).map(({ limit }) => limit)).toEqual(queue.polls.slice(1).map(() => 100));
    expect(await unacknowledged()).toBe(100);
    answer();
    await until(() => handled.length === 120 && queue.unacknowledged.length === 0);
  });

  it('handles updates in order if none may wait', async () => {
    poll(() => false);
    queue.deliver(19, 20, 21);
    await until(() => queue.polls.length === 1 && handled.length === 1);
    expect(await unacknowledged()).toBe(1);
    answer();
    await until(() => queue.unacknowledged.length === 0);
    expect(handled).toEqual([19, 20, 21]);
  });

  it('leaves a waiting update and those behind it unacknowledged when the bot stops', async () => {
    poll(({ update_id: id }) => id % 10 === 0);
    queue.deliver(19, 20, 21);
    await until(() => handled.length === 2);
    stop.abort();
    await running;
    expect(queue.unacknowledged).toEqual([20, 21]);
  });
});
