import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { StoreUnavailable } from '../../../src/application/operations/store-unavailable.js';
import type { Split } from '../../../src/infrastructure/postgres/batching/batch-split.js';
import {
  Batcher,
  type BatcherOptions,
  type Outcome,
  SingleActivity,
} from '../../../src/infrastructure/postgres/batching/batcher.js';

class Refused extends Error {
  constructor(
    message: string,
    readonly split: Split = 'halves',
  ) {
    super(message);
  }
}

/** A batcher whose batches are seen, and answered when the spec says so. */
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
    splitOf: (error) => (error instanceof Refused ? error.split : 'none'),
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

/** Nobody waits for it: what is never answered is away in the end. */
const leave = (result: Promise<unknown>) => void result.catch(() => undefined);

describe('a batcher', () => {
  it('sends what arrives in one turn as one batch, at the end of that turn', async () => {
    const { batcher, batches, itemsOf } = aBatcher();
    const results = ['a', 'b', 'c'].map((item) => batcher.submit(item));
    expect(batches).toHaveLength(0);
    await turn();
    expect(itemsOf()).toEqual(['abc']);
    batches[0]!.answer();
    expect(await Promise.all(results)).toEqual(['done a', 'done b', 'done c']);
  });

  it('gathers what arrives while a batch is in flight into the next one', async () => {
    const { batcher, batches, itemsOf } = aBatcher();
    leave(batcher.submit('a'));
    await turn();
    leave(batcher.submit('b'));
    await turn();
    leave(batcher.submit('c'));
    await turn();
    expect(itemsOf()).toEqual(['a']);
    batches[0]!.answer();
    await sleep(5);
    expect(itemsOf()).toEqual(['a', 'bc']);
    batches[1]!.answer();
  });

  it('has no more batches in flight, and no more items in one, than it may', async () => {
    const { batcher, batches, itemsOf } = aBatcher({ maxInFlight: 2, maxBatch: 2, minBatch: 2 });
    for (const item of 'abcdefg') leave(batcher.submit(item));
    await turn();
    expect(itemsOf()).toEqual(['ab', 'cd']);
    batches[0]!.answer();
    await sleep(5);
    expect(itemsOf()).toEqual(['ab', 'cd', 'ef']);
    for (const { answer } of batches) answer();
    await sleep(5);
    batches[3]!.answer();
  });

  it('sends a batch within the turn as soon as it is worthwhile', () => {
    const { batcher, itemsOf } = aBatcher({ minBatch: 3 });
    for (const item of 'abcd') leave(batcher.submit(item));
    expect(itemsOf()).toEqual(['abc']);
  });

  it('has a second batch in flight only where that is worthwhile', async () => {
    // A batch that is slow holds up nobody: here none is, however slow the machine.
    const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
    const { batcher, itemsOf } = aBatcher({ maxInFlight: 2, minBatch: 3 });
    leave(batcher.submit('a'));
    await turn();
    for (const item of 'bc') leave(batcher.submit(item));
    await turn();
    expect(itemsOf()).toEqual(['a']);
    leave(batcher.submit('d'));
    expect(itemsOf()).toEqual(['a', 'bcd']);
    clock.mockRestore();
  });

  it('lets a slow batch hold up nobody', async () => {
    const { batcher, batches, itemsOf } = aBatcher({ maxInFlight: 2 });
    leave(batcher.submit('a'));
    await turn();
    const second = batcher.submit('b');
    await sleep(100);
    expect(itemsOf()).toEqual(['a', 'b']);
    batches[1]!.answer();
    expect(await second).toBe('done b');
  });

  it('sends the next batch before it tells the callers of the last one', async () => {
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

  it('tries a refused batch again in halves, so that a bad item fails alone', async () => {
    const sent: string[] = [];
    const batcher = new Batcher<string, string>({
      ...aBatcher().batcher['options'],
      send: async (items) => {
        sent.push(items.join(''));
        if (items.includes('bad')) throw new Refused(items.join(' '));
        return items.map((item) => ({ value: item }));
      },
    });
    const results = await Promise.allSettled(['a', 'bad', 'c', 'd'].map((item) => batcher.submit(item)));
    expect(results).toEqual([
      { status: 'fulfilled', value: 'a' },
      { status: 'rejected', reason: new Refused('bad') },
      { status: 'fulfilled', value: 'c' },
      { status: 'fulfilled', value: 'd' },
    ]);
    expect(sent).toEqual(['abadcd', 'abad', 'cd', 'a', 'bad']);
  });

  it('finds one bad item of 256 by few tries, and keeps the order of items that have one key', async () => {
    const sent: (readonly string[])[] = [];
    const done: string[] = [];
    const batcher = new Batcher<string, string>({
      ...aBatcher({ maxBatch: 256, maxQueued: 600, keyOf: () => 'same' }).batcher['options'],
      send: async (items) => {
        sent.push(items);
        await turn();
        if (items.includes('77')) throw new Refused('77');
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

  it('tries each item alone where one waits for a lock', async () => {
    const sent: string[] = [];
    const batcher = new Batcher<string, string>({
      ...aBatcher().batcher['options'],
      send: async (items) => {
        sent.push(items.join(''));
        if (items.includes('c')) throw new Refused('locked', 'items');
        return items.map((item) => ({ value: item }));
      },
    });
    const results = await Promise.allSettled([...'abcd'].map((item) => batcher.submit(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(sent).toEqual(['abcd', 'a', 'b', 'c', 'd']);
  });

  it('tries nothing again where too little time is left', async () => {
    const { batcher, batches } = aBatcher({ timeoutMs: 400 });
    const results = Promise.allSettled([...'ab'].map((item) => batcher.submit(item)));
    await turn();
    batches[0]!.answer(new Refused('too slow'));
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(batches).toHaveLength(1);
  });

  it('never repeats a batch of which nothing is known', async () => {
    const { batcher, batches } = aBatcher();
    const results = Promise.allSettled(['a', 'b'].map((item) => batcher.submit(item)));
    await turn();
    batches[0]!.answer(new Error('connection lost'));
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(batches).toHaveLength(1);
  });

  it('keeps the order of a key, and never has it in two batches at once', async () => {
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
    await sleep(60);
    expect(itemsOf()).toEqual(['x1', 'y1y2z1', 'x2x3']);
    for (const { answer } of batches) answer();
  });

  it('is away at once for more than may wait, and has room again later', async () => {
    const { batcher, batches } = aBatcher({ maxQueued: 4 });
    const first = batcher.submit('a');
    await turn();
    const waiting = [batcher.submit('b'), batcher.submit('c')];
    await expect(batcher.submit('d')).rejects.toThrow(StoreUnavailable);
    batches[0]!.answer();
    await first;
    await sleep(5);
    batches[1]!.answer();
    await Promise.all(waiting);
    const again = batcher.submit('e');
    await turn();
    batches[2]!.answer();
    expect(await again).toBe('done e');
  });

  it('lets nobody wait longer than the patience', async () => {
    const { batcher, batches } = aBatcher({ timeoutMs: 50 });
    const first = batcher.submit('a');
    await turn();
    const began = performance.now();
    await expect(batcher.submit('b')).rejects.toThrow(StoreUnavailable);
    expect(performance.now() - began).toBeGreaterThanOrEqual(49);
    batches[0]!.answer();
    expect(await first).toBe('done a');
    expect(batches).toHaveLength(1);
  });

  describe('with work of several principals', () => {
    const one = { principal: 'one', isBulk: false };
    const other = { principal: 'other', isBulk: false };
    const bulk = { principal: 'one', isBulk: true };
    const bytesOf = (item: string) => item.length;

    it('takes turns: one that sends much delays itself', async () => {
      const { batcher, batches } = aBatcher({ maxBatch: 20, maxQueued: 1_000, bytesOf });
      leave(batcher.submit('first', one));
      await turn();
      for (let n = 0; n < 100; n++) leave(batcher.submit('a'.repeat(4_096), one));
      for (let n = 0; n < 10; n++) leave(batcher.submit('b', other));
      batches[0]!.answer();
      await sleep(5);
      expect(batches[1]!.items.filter((item) => item === 'b')).toHaveLength(10);
      for (const { answer } of batches) answer();
    });

    it('gives as many bytes to each, however many items those are', async () => {
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

    it('leaves half of the queue to the others, whoever fills it', async () => {
      const { batcher } = aBatcher({ maxQueued: 100 });
      const results = Array.from({ length: 80 }, () => batcher.submit('a', one));
      const refused = results.map((result) =>
        result.then(
          () => false,
          (error: unknown) => error,
        ),
      );
      const others = Array.from({ length: 20 }, () => batcher.submit('b', other));
      others.forEach(leave);
      const soon = Promise.race([refused[50]!, turn('waits')]);
      expect(await soon).toBeInstanceOf(StoreUnavailable);
      expect(await Promise.race([others[19]!, turn('waits')])).toBe('waits');
    });

    it('counts the queue in bytes too', async () => {
      const { batcher } = aBatcher({ maxQueuedBytes: 20_000, bytesOf });
      leave(batcher.submit('a'.repeat(9_000), one));
      await expect(batcher.submit('a'.repeat(9_000), one)).rejects.toThrow(StoreUnavailable);
      leave(batcher.submit('b'.repeat(9_000), other));
    });

    it('never has bulk and single requests in one batch, and single ones leave first', async () => {
      const { batcher, itemsOf, batches } = aBatcher();
      for (const item of 'xyz') leave(batcher.submit(item, bulk));
      for (const item of 'ab') leave(batcher.submit(item, one));
      await turn();
      expect(itemsOf()).toEqual(['ab', 'xyz']);
      for (const { answer } of batches) answer();
    });

    it('lets bulk rest after each batch for as long as that took, while there are single requests', async () => {
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
      await sleep(80);
      expect(itemsOf()).toEqual(['uv']);
      batches[0]!.answer();
      await sleep(30);
      expect(itemsOf()).toEqual(['uv']);
      while (batches.length < 2) await sleep(5);
      clearInterval(keepActive);
      for (const { answer } of batches) answer();
      // Alone, it has all of the batches in flight.
      while (batches.length < 3) await sleep(5);
      batches[2]!.answer();
    });

    it('lets bulk wait for longer than single requests', async () => {
      const { batcher, batches } = aBatcher({ timeoutMs: 50 });
      const first = batcher.submit('x', bulk);
      await turn();
      const second = batcher.submit('y', bulk);
      await sleep(120);
      batches[0]!.answer();
      await first;
      while (batches.length < 2) await sleep(5);
      batches[1]!.answer();
      expect(await second).toBe('done y');
    });

    it('tries the parts of bulk again one by one, each with its time', async () => {
      const deadlines: number[] = [];
      const sent: string[] = [];
      const batcher = new Batcher<string, string>({
        ...aBatcher({ timeoutMs: 600 }).batcher['options'],
        send: async (items, deadline) => {
          sent.push(items.join(''));
          deadlines.push(deadline - performance.now());
          await sleep(200);
          if (items.length > 1) throw new Refused('too slow');
          return items.map((item) => ({ value: item }));
        },
      });
      const results = await Promise.all([...'xyzw'].map((item) => batcher.submit(item, bulk)));
      expect(results).toEqual([...'xyzw']);
      expect(sent).toEqual(['xyzw', 'xy', 'x', 'y', 'zw', 'z', 'w']);
      expect(Math.min(...deadlines)).toBeGreaterThan(500);
    });

    it('makes batches smaller that take too long', async () => {
      const sizes: number[] = [];
      const batcher = new Batcher<string, string>({
        ...aBatcher({ maxBatchBytes: 64 * 1_024, bytesOf, minBatch: 8 }).batcher['options'],
        send: async (items) => {
          sizes.push(items.length);
          await sleep(items.length * 30);
          return items.map((item) => ({ value: item }));
        },
      });
      await Promise.all(Array.from({ length: 40 }, () => batcher.submit('a'.repeat(7_680), bulk)));
      expect(sizes[0]).toBe(8);
      expect(sizes.at(-2)).toBeLessThanOrEqual(4);
    });
  });

  it('is not disturbed by a caller that has gone away', async () => {
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
