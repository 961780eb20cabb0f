import type { Api } from 'grammy';
import type { Update } from 'grammy/types';
import { Registry } from 'prom-client';
import { BotHealth } from '../../../src/chat/telegram/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/bot-metrics.js';
import { Polling } from '../../../src/chat/telegram/updates/polling.js';
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

  get unconfirmed(): readonly number[] {
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
  } as unknown as Api;
}

describe('polling', () => {
  let queue: Queue;
  let stop: AbortController;
  let running: Promise<void>;
  let handled: number[];
  /** What each update with an id that can be divided by 10 waits for. */
  let register: Promise<void>;
  let answer: () => void;
  let metrics: BotMetrics;

  const handle = async ({ update_id: id }: Update) => {
    if (id % 10 === 0) await register;
    handled.push(id);
  };
  const poll = (mayWait: (update: Update) => boolean) => {
    running = new Polling(queue.api, handle, mayWait, new BotHealth(), metrics, stop.signal).run();
  };
  const unconfirmed = async () => (await metrics.updatesUnconfirmed.get()).values[0]!.value;

  beforeEach(() => {
    queue = new Queue();
    stop = new AbortController();
    handled = [];
    const health = new BotHealth();
    metrics = new BotMetrics(new Registry(), health);
    register = new Promise((resolve, reject) => {
      answer = resolve;
      stop.signal.addEventListener('abort', () => reject(new ShutdownError()), { once: true });
    });
    register.catch(() => undefined);
  });
  afterEach(async () => {
    stop.abort();
    await running;
  });

  it('does others ahead of what waits, once, and confirms nothing from that on until it is done', async () => {
    poll(({ update_id: id }) => id % 10 === 0);
    queue.deliver(19, 20, 21);
    await until(() => handled.length === 2);
    queue.deliver(22, 30, 31);
    await until(() => handled.length === 4);
    await until(() => queue.polls.length > 4);
    expect(handled).toEqual([19, 21, 22, 31]);
    expect(queue.unconfirmed).toEqual([20, 21, 22, 30, 31]);
    expect(await unconfirmed()).toBe(5);

    answer();
    await until(() => queue.unconfirmed.length === 0);
    expect(handled).toEqual([19, 21, 22, 31, 20, 30]);
    expect(await unconfirmed()).toBe(0);
  });

  it('asks with growing pauses while something waits, for as much as Telegram shows', async () => {
    poll(({ update_id: id }) => id % 10 === 0);
    queue.deliver(...Array.from({ length: 120 }, (_, n) => 1_000 + 10 * n));
    await until(() => queue.polls.length >= 6, 60_000);
    const pauses = queue.polls.slice(1).map(({ at }, n) => at - queue.polls[n]!.at);
    expect(pauses.at(-1)).toBeGreaterThan(900);
    expect(queue.polls.slice(1).map(({ limit }) => limit)).toEqual(queue.polls.slice(1).map(() => 100));
    expect(await unconfirmed()).toBe(100);
    answer();
    await until(() => handled.length === 120 && queue.unconfirmed.length === 0);
  }, 90_000);

  it('keeps the order where nothing may wait', async () => {
    poll(() => false);
    queue.deliver(19, 20, 21);
    await until(() => queue.polls.length === 1 && handled.length === 1);
    expect(await unconfirmed()).toBe(1);
    answer();
    await until(() => queue.unconfirmed.length === 0);
    expect(handled).toEqual([19, 20, 21]);
  });

  it('leaves what waits to the next start, and all that came behind it', async () => {
    poll(({ update_id: id }) => id % 10 === 0);
    queue.deliver(19, 20, 21);
    await until(() => handled.length === 2);
    stop.abort();
    await running;
    expect(queue.unconfirmed).toEqual([20, 21]);
  });
});
