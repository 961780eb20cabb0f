import { setImmediate as turn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { StoreUnavailable } from '../../../src/application/operations/store-unavailable.js';
import type { Split } from '../../../src/infrastructure/postgres/batching/batch-split.js';
import type { Outcome } from '../../../src/infrastructure/postgres/batching/outcome.js';
import {
  Batcher,
  type BatcherOptions,
  SingleActivity,
} from '../../../src/infrastructure/postgres/batching/batcher.js';

class BatchRejected extends Error {
  constructor(
    message: string,
    readonly split: Split = 'halves',
  ) {
    super(message);
  }
}

/** A batcher that records its batches; the test answers them. */
function aBatcher(options: Partial<BatcherOptions<string, string>> = {}) {
  const batches: { items: readonly string[]; answer: (outcomes?: Outcome<string>[] | Error) => void }[] = [];
  const batcher = new Batcher<string, string>({
    send: (items) =>
      new Promise((resolve, reject) => {
        const answer = (
          outcomes: Outcome<string>[] | Error = items.map((item) => ({ value: `done ${item}` })),
        ) => (outcomes instanceof Error ? reject(outcomes) : resolve(outcomes));
        batches.push({ items, answer });
      }),
    splitOf: (error) => (error instanceof BatchRejected ? error.split : 'none'),
    maxBatch: 100,
    minBatch: 100,
    maxInFlight: 1,
    maxQueued: 200,
    timeoutMs: 1_000,
    ...options,
  });
  const itemsOf = () => batches.map(({ items }) => items.join(''));
  return { batcher, batches, itemsOf };
}

/** The maximum time for which a batch in flight holds up the next one, in milliseconds. */
const MAX_HOLD_MS = 25;

/** The time after a single request during which bulk requests yield, in milliseconds. */
const RECENT_MS = 100;

/** Lets time pass for the batcher, and what is due happen. */
async function pass(durationMs: number): Promise<void> {
  jest.advanceTimersByTime(durationMs);
  await turn();
}

/** Ignores the result: requests that are never answered time out. */
const leave = (result: Promise<unknown>) => void result.catch(() => undefined);

describe('a batcher', () => {
  // Only turns of the event loop are real.
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
  afterEach(() => jest.useRealTimers());

  it('sends requests that arrive in one event-loop turn as one batch, at the end of that turn', async () => {
    const { batcher, batches, itemsOf } = aBatcher();
    const results = ['a', 'b', 'c'].map((item) => batcher.submit(item));
    expect(batches).toHaveLength(0);
    await turn();
    expect(itemsOf()).toEqual(['abc']);
    batches[0]!.answer();
    expect(await Promise.all(results)).toEqual(['done a', 'done b', 'done c']);
  });

  it('collects requests that arrive while a batch is in flight into the next batch', async () => {
    const { batcher, batches, itemsOf } = aBatcher();
    leave(batcher.submit('a'));
    await turn();
    leave(batcher.submit('b'));
    await turn();
    leave(batcher.submit('c'));
    await turn();
    expect(itemsOf()).toEqual(['a']);
    batches[0]!.answer();
    await turn();
    expect(itemsOf()).toEqual(['a', 'bc']);
    batches[1]!.answer();
  });

  it('never exceeds the maximum batches in flight or the maximum items per batch', async () => {
    const { batcher, batches, itemsOf } = aBatcher({ maxInFlight: 2, maxBatch: 2, minBatch: 2 });
    for (const item of 'abcdefg') leave(batcher.submit(item));
    await turn();
    expect(itemsOf()).toEqual(['ab', 'cd']);
    batches[0]!.answer();
    await turn();
    expect(itemsOf()).toEqual(['ab', 'cd', 'ef']);
    for (const { answer } of batches) answer();
    await turn();
    expect(itemsOf()).toEqual(['ab', 'cd', 'ef', 'g']);
    batches[3]!.answer();
  });

  it('sends a batch during the event-loop turn once it has the minimum number of items', () => {
    const { batcher, itemsOf } = aBatcher({ minBatch: 3 });
    for (const item of 'abcd') leave(batcher.submit(item));
    expect(itemsOf()).toEqual(['abc']);
  });

  it('sends a second concurrent batch only once it has the minimum number of items', async () => {
    const { batcher, itemsOf } = aBatcher({ maxInFlight: 2, minBatch: 3 });
    leave(batcher.submit('a'));
    await turn();
    for (const item of 'bc') leave(batcher.submit(item));
    await turn();
    expect(itemsOf()).toEqual(['a']);
    leave(batcher.submit('d'));
    expect(itemsOf()).toEqual(['a', 'bcd']);
  });

  it('sends the next batch beside a slow one', async () => {
    const { batcher, batches, itemsOf } = aBatcher({ maxInFlight: 2 });
    leave(batcher.submit('a'));
    await turn();
    const second = batcher.submit('b');
    await turn();
    await pass(MAX_HOLD_MS - 1);
    expect(itemsOf()).toEqual(['a']);
    await pass(1);
    expect(itemsOf()).toEqual(['a', 'b']);
    batches[1]!.answer();
    expect(await second).toBe('done b');
  });

  it('sends the next batch before it settles the callers of the last one', async () => {
    const { batcher, batches, itemsOf } = aBatcher();
    const first = batcher.submit('a');
    await turn();
    leave(batcher.submit('b'));
    batches[0]!.answer();
    await first;
    expect(itemsOf()).toEqual(['a', 'b']);
  });

  it('gives each caller its own result or error', async () => {
    const { batcher, batches } = aBatcher();
    const results = Promise.allSettled(['a', 'b'].map((item) => batcher.submit(item)));
    await turn();
    batches[0]!.answer([{ error: new Error('not a') }, { value: 'yes' }]);
    expect(await results).toEqual([
      { status: 'rejected', reason: new Error('not a') },
      { status: 'fulfilled', value: 'yes' },
    ]);
  });

  it('retries a rejected batch in halves, so that an invalid item fails alone', async () => {
    const sent: string[] = [];
    const batcher = new Batcher<string, string>({
      ...aBatcher().batcher['options'],
      send: async (items) => {
        sent.push(items.join(''));
        if (items.includes('bad')) throw new BatchRejected(items.join(' '));
        return items.map((item) => ({ value: item }));
      },
    });
    const results = await Promise.allSettled(['a', 'bad', 'c', 'd'].map((item) => batcher.submit(item)));
    expect(results).toEqual([
      { status: 'fulfilled', value: 'a' },
      { status: 'rejected', reason: new BatchRejected('bad') },
      { status: 'fulfilled', value: 'c' },
      { status: 'fulfilled', value: 'd' },
    ]);
    expect(sent).toEqual(['abadcd', 'abad', 'cd', 'a', 'bad']);
  });

  it('finds one invalid item of 256 with few retries, and keeps the order of items with one key', async () => {
    const sent: (readonly string[])[] = [];
    const done: string[] = [];
    const batcher = new Batcher<string, string>({
      ...aBatcher({ maxBatch: 256, maxQueued: 600, keyOf: () => 'same' }).batcher['options'],
      send: async (items) => {
        sent.push(items);
        await turn();
        if (items.includes('77')) throw new BatchRejected('77');
        done.push(...items);
        return items.map((item) => ({ value: item }));
      },
    });
    const numbers = Array.from({ length: 256 }, (_, n) => String(n));
    const results = await Promise.allSettled(numbers.map((n) => batcher.submit(n)));
    expect(results.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))).toEqual([77]);
    expect(sent.length).toBeLessThanOrEqual(2 * Math.log2(256) + 1);
    expect(done).toEqual(numbers.filter((n) => n !== '77'));
  });

  it('retries each item alone if one waits for a lock', async () => {
    const sent: string[] = [];
    const batcher = new Batcher<string, string>({
      ...aBatcher().batcher['options'],
      send: async (items) => {
        sent.push(items.join(''));
        if (items.includes('c')) throw new BatchRejected('locked', 'items');
        return items.map((item) => ({ value: item }));
      },
    });
    const results = await Promise.allSettled([...'abcd'].map((item) => batcher.submit(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(sent).toEqual(['abcd', 'a', 'b', 'c', 'd']);
  });

  it('does not retry if too little time is left', async () => {
    const { batcher, batches } = aBatcher({ timeoutMs: 400 });
    const results = Promise.allSettled([...'ab'].map((item) => batcher.submit(item)));
    await turn();
    batches[0]!.answer(new BatchRejected('too slow'));
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(batches).toHaveLength(1);
  });

  it('never retries a batch with an unknown outcome', async () => {
    const { batcher, batches } = aBatcher();
    const results = Promise.allSettled(['a', 'b'].map((item) => batcher.submit(item)));
    await turn();
    batches[0]!.answer(new Error('connection lost'));
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(batches).toHaveLength(1);
  });

  it('keeps the order of items with one key, and never sends a key in two concurrent batches', async () => {
    const { batcher, batches, itemsOf } = aBatcher({
      maxInFlight: 3,
      minBatch: 5,
      keyOf: (item) => item[0],
    });
    leave(batcher.submit('x1'));
    await turn();
    for (const item of ['y1', 'x2', 'y2', 'x3', 'z1']) leave(batcher.submit(item));
    await turn();
    expect(itemsOf()).toEqual(['x1', 'y1y2z1']);
    batches[0]!.answer();
    await turn();
    await pass(MAX_HOLD_MS);
    expect(itemsOf()).toEqual(['x1', 'y1y2z1', 'x2x3']);
    for (const { answer } of batches) answer();
  });

  it('rejects requests beyond the queue limit at once, and accepts requests again later', async () => {
    const { batcher, batches } = aBatcher({ maxQueued: 4 });
    const first = batcher.submit('a');
    await turn();
    const waiting = [batcher.submit('b'), batcher.submit('c')];
    await expect(batcher.submit('d')).rejects.toThrow(StoreUnavailable);
    batches[0]!.answer();
    await first;
    await turn();
    batches[1]!.answer();
    await Promise.all(waiting);
    const again = batcher.submit('e');
    await turn();
    batches[2]!.answer();
    expect(await again).toBe('done e');
  });

  it('rejects a queued request after its timeout', async () => {
    const { batcher, batches } = aBatcher({ timeoutMs: 50 });
    const first = batcher.submit('a');
    await turn();
    const second = batcher.submit('b');
    leave(second);
    await turn();
    await pass(49);
    expect(await Promise.race([second, turn('waits')])).toBe('waits');
    await pass(1);
    await expect(second).rejects.toThrow(StoreUnavailable);
    batches[0]!.answer();
    expect(await first).toBe('done a');
    expect(batches).toHaveLength(1);
  });

  describe('with requests of several principals', () => {
    const one = { principal: 'one', isBulk: false };
    const other = { principal: 'other', isBulk: false };
    const bulk = { principal: 'one', isBulk: true };
    const bytesOf = (item: string) => item.length;

    it('serves principals round robin, so that one that sends much delays only itself', async () => {
      const { batcher, batches } = aBatcher({ maxBatch: 20, maxQueued: 1_000, bytesOf });
      leave(batcher.submit('first', one));
      await turn();
      for (let n = 0; n < 100; n++) leave(batcher.submit('a'.repeat(4_096), one));
      for (let n = 0; n < 10; n++) leave(batcher.submit('b', other));
      batches[0]!.answer();
      await turn();
      expect(batches[1]!.items.filter((item) => item === 'b')).toHaveLength(10);
      for (const { answer } of batches) answer();
    });

    it('gives principals equal shares of bytes, however many items those are', async () => {
      const { batcher, batches } = aBatcher({
        maxBatch: 1_000,
        maxBatchBytes: 512 * 1_024,
        maxQueued: 10_000,
        minBatch: 10_000,
        bytesOf,
      });
      for (let n = 0; n < 100; n++) leave(batcher.submit('a'.repeat(10_000), one));
      for (let n = 0; n < 1_000; n++) leave(batcher.submit('b'.repeat(500), other));
      await turn();
      const bytes = (letter: string) =>
        batches[0]!.items
          .filter((item) => item.startsWith(letter))
          .reduce((sum, item) => sum + item.length + 512, 0);
      expect(bytes('a') + bytes('b')).toBeGreaterThan(490 * 1_024);
      expect(bytes('a') + bytes('b')).toBeLessThanOrEqual(512 * 1_024);
      expect(Math.abs(bytes('a') - bytes('b'))).toBeLessThan(32 * 1_024);
    });

    it('leaves half of the queue to other principals when one floods it', async () => {
      const { batcher } = aBatcher({ maxQueued: 100 });
      const results = Array.from({ length: 80 }, () => batcher.submit('a', one));
      const rejections = results.map((result) =>
        result.then(
          () => false,
          (error: unknown) => error,
        ),
      );
      const others = Array.from({ length: 20 }, () => batcher.submit('b', other));
      others.forEach(leave);
      const soon = Promise.race([rejections[50]!, turn('waits')]);
      expect(await soon).toBeInstanceOf(StoreUnavailable);
      expect(await Promise.race([others[19]!, turn('waits')])).toBe('waits');
    });

    it('limits the queue by bytes too', async () => {
      const { batcher } = aBatcher({ maxQueuedBytes: 20_000, bytesOf });
      leave(batcher.submit('a'.repeat(9_000), one));
      await expect(batcher.submit('a'.repeat(9_000), one)).rejects.toThrow(StoreUnavailable);
      leave(batcher.submit('b'.repeat(9_000), other));
    });

    it('never mixes bulk and single requests in one batch, and sends single requests first', async () => {
      const { batcher, itemsOf, batches } = aBatcher();
      for (const item of 'xyz') leave(batcher.submit(item, bulk));
      for (const item of 'ab') leave(batcher.submit(item, one));
      await turn();
      expect(itemsOf()).toEqual(['ab', 'xyz']);
      for (const { answer } of batches) answer();
    });

    it('pauses bulk after each batch for as long as that batch took, while there are single requests', async () => {
      const activity = new SingleActivity();
      const { batcher, itemsOf, batches } = aBatcher({
        activity,
        minBatch: 2,
        maxBatch: 2,
        maxInFlight: 2,
      });
      const keepActive = setInterval(() => (activity.lastAt = performance.now()), 10);
      activity.lastAt = performance.now();
      for (const item of 'uvwxyz') leave(batcher.submit(item, bulk));
      await pass(80);
      expect(itemsOf()).toEqual(['uv']);
      batches[0]!.answer();
      await turn();
      await pass(79);
      expect(itemsOf()).toEqual(['uv']);
      await pass(1 + MAX_HOLD_MS);
      expect(itemsOf()).toEqual(['uv', 'wx']);
      clearInterval(keepActive);
      // Without single requests, bulk can use all batches in flight.
      await pass(RECENT_MS + MAX_HOLD_MS);
      expect(itemsOf()).toEqual(['uv', 'wx', 'yz']);
      for (const { answer } of batches) answer();
    });

    it('gives bulk requests a longer queue timeout than single requests', async () => {
      const { batcher, batches } = aBatcher({ timeoutMs: 50 });
      const first = batcher.submit('x', bulk);
      await turn();
      const second = batcher.submit('y', bulk);
      await pass(59_000);
      batches[0]!.answer();
      await first;
      await turn();
      batches[1]!.answer();
      expect(await second).toBe('done y');
    });

    it('retries the parts of a bulk batch one by one, each with its own time limit', async () => {
      const deadlines: number[] = [];
      const sent: string[] = [];
      const batcher = new Batcher<string, string>({
        ...aBatcher({ timeoutMs: 600 }).batcher['options'],
        send: async (items, deadline) => {
          sent.push(items.join(''));
          deadlines.push(deadline - performance.now());
          await pass(200);
          if (items.length > 1) throw new BatchRejected('too slow');
          return items.map((item) => ({ value: item }));
        },
      });
      const results = await Promise.all([...'xyzw'].map((item) => batcher.submit(item, bulk)));
      expect(results).toEqual([...'xyzw']);
      expect(sent).toEqual(['xyzw', 'xy', 'x', 'y', 'zw', 'z', 'w']);
      expect(deadlines).toEqual(deadlines.map(() => 600));
    });

    it('shrinks batches that take too long', async () => {
      const sizes: number[] = [];
      const batcher = new Batcher<string, string>({
        ...aBatcher({ maxBatchBytes: 64 * 1_024, bytesOf, minBatch: 8 }).batcher['options'],
        send: async (items) => {
          sizes.push(items.length);
          await pass(items.length * 30);
          return items.map((item) => ({ value: item }));
        },
      });
      await Promise.all(Array.from({ length: 40 }, () => batcher.submit('a'.repeat(7_680), bulk)));
      expect(sizes[0]).toBe(8);
      expect(sizes.at(-2)).toBeLessThanOrEqual(4);
    });
  });

  it('settles the other callers after one has disconnected', async () => {
    const { batcher, batches } = aBatcher();
    const gone = new AbortController();
    void Promise.race([
      batcher.submit('a'),
      new Promise((_, reject) => gone.signal.addEventListener('abort', () => reject(new Error('gone')))),
    ]).catch(() => undefined);
    const stays = batcher.submit('b');
    await turn();
    gone.abort();
    batches[0]!.answer();
    expect(await stays).toBe('done b');
  });
});
