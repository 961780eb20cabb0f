import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { RegisterUnavailable } from '../../src/application/ports/register-unavailable.js';
import {
  Coalescer,
  type CoalescerOptions,
  type Outcome,
} from '../../src/infrastructure/persistence/coalescer.js';

class Refused extends Error {}

/** A coalescer whose batches are seen, and answered when the spec says so. */
function aCoalescer(options: Partial<CoalescerOptions<string, string>> = {}) {
  const batches: { items: readonly string[]; answer: (outcomes?: Outcome<string>[] | Error) => void }[] = [];
  const coalescer = new Coalescer<string, string>({
    send: (items) =>
      new Promise((resolve, reject) => {
        const answer = (
          outcomes: Outcome<string>[] | Error = items.map((item) => ({ value: `done ${item}` })),
        ) => (outcomes instanceof Error ? reject(outcomes) : resolve(outcomes));
        batches.push({ items, answer });
      }),
    isRefusal: (error) => error instanceof Refused,
    maxBatch: 100,
    worthwhile: 100,
    maxInFlight: 1,
    maxQueued: 100,
    patience: 1_000,
    ...options,
  });
  const itemsOf = () => batches.map(({ items }) => items.join(''));
  return { coalescer, batches, itemsOf };
}

/** Nobody waits for it: what is never answered is away in the end. */
const leave = (result: Promise<unknown>) => void result.catch(() => undefined);

describe('a coalescer', () => {
  it('sends what arrives in one turn as one batch, at the end of that turn', async () => {
    const { coalescer, batches, itemsOf } = aCoalescer();
    const results = ['a', 'b', 'c'].map((item) => coalescer.submit(item));
    expect(batches).toHaveLength(0);
    await turn();
    expect(itemsOf()).toEqual(['abc']);
    batches[0]!.answer();
    expect(await Promise.all(results)).toEqual(['done a', 'done b', 'done c']);
  });

  it('gathers what arrives while a batch is in flight into the next one', async () => {
    const { coalescer, batches, itemsOf } = aCoalescer();
    leave(coalescer.submit('a'));
    await turn();
    leave(coalescer.submit('b'));
    await turn();
    leave(coalescer.submit('c'));
    await turn();
    expect(itemsOf()).toEqual(['a']);
    batches[0]!.answer();
    await sleep(5);
    expect(itemsOf()).toEqual(['a', 'bc']);
    batches[1]!.answer();
  });

  it('has no more batches in flight, and no more items in one, than it may', async () => {
    const { coalescer, batches, itemsOf } = aCoalescer({ maxInFlight: 2, maxBatch: 2, worthwhile: 2 });
    for (const item of 'abcdefg') leave(coalescer.submit(item));
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
    const { coalescer, itemsOf } = aCoalescer({ worthwhile: 3 });
    for (const item of 'abcd') leave(coalescer.submit(item));
    expect(itemsOf()).toEqual(['abc']);
  });

  it('has a second batch in flight only where that is worthwhile', async () => {
    // A batch that is slow holds up nobody: here none is, however slow the machine.
    const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
    const { coalescer, itemsOf } = aCoalescer({ maxInFlight: 2, worthwhile: 3 });
    leave(coalescer.submit('a'));
    await turn();
    for (const item of 'bc') leave(coalescer.submit(item));
    await turn();
    expect(itemsOf()).toEqual(['a']);
    leave(coalescer.submit('d'));
    expect(itemsOf()).toEqual(['a', 'bcd']);
    clock.mockRestore();
  });

  it('lets a slow batch hold up nobody', async () => {
    const { coalescer, batches, itemsOf } = aCoalescer({ maxInFlight: 2 });
    leave(coalescer.submit('a'));
    await turn();
    const second = coalescer.submit('b');
    await sleep(100);
    expect(itemsOf()).toEqual(['a', 'b']);
    batches[1]!.answer();
    expect(await second).toBe('done b');
  });

  it('sends the next batch before it tells the callers of the last one', async () => {
    const { coalescer, batches, itemsOf } = aCoalescer();
    const first = coalescer.submit('a');
    await turn();
    leave(coalescer.submit('b'));
    batches[0]!.answer();
    await first;
    expect(itemsOf()).toEqual(['a', 'b']);
  });

  it('gives each caller its own result or error', async () => {
    const { coalescer, batches } = aCoalescer();
    const results = Promise.allSettled(['a', 'b'].map((item) => coalescer.submit(item)));
    await turn();
    batches[0]!.answer([{ error: new Error('not a') }, { value: 'yes' }]);
    expect(await results).toEqual([
      { status: 'rejected', reason: new Error('not a') },
      { status: 'fulfilled', value: 'yes' },
    ]);
  });

  it('tries the items of a refused batch one by one, so that a bad one fails alone', async () => {
    const sent: string[] = [];
    const coalescer = new Coalescer<string, string>({
      ...aCoalescer().coalescer['options'],
      send: async (items) => {
        sent.push(items.join(''));
        if (items.includes('bad')) throw new Refused(items.join(' '));
        return items.map((item) => ({ value: item }));
      },
    });
    const results = await Promise.allSettled(['a', 'bad', 'c'].map((item) => coalescer.submit(item)));
    expect(results).toEqual([
      { status: 'fulfilled', value: 'a' },
      { status: 'rejected', reason: new Refused('bad') },
      { status: 'fulfilled', value: 'c' },
    ]);
    expect(sent).toEqual(['abadc', 'a', 'bad', 'c']);
  });

  it('never repeats a batch of which nothing is known', async () => {
    const { coalescer, batches } = aCoalescer();
    const results = Promise.allSettled(['a', 'b'].map((item) => coalescer.submit(item)));
    await turn();
    batches[0]!.answer(new Error('connection lost'));
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(batches).toHaveLength(1);
  });

  it('keeps the order of a key, and never has it in two batches at once', async () => {
    const { coalescer, batches, itemsOf } = aCoalescer({
      maxInFlight: 3,
      worthwhile: 5,
      keyOf: (item) => item[0],
    });
    leave(coalescer.submit('x1'));
    await turn();
    for (const item of ['y1', 'x2', 'y2', 'x3', 'z1']) leave(coalescer.submit(item));
    await turn();
    expect(itemsOf()).toEqual(['x1', 'y1y2z1']);
    batches[0]!.answer();
    await sleep(60);
    expect(itemsOf()).toEqual(['x1', 'y1y2z1', 'x2x3']);
    for (const { answer } of batches) answer();
  });

  it('is away at once for more than may wait, and has room again later', async () => {
    const { coalescer, batches } = aCoalescer({ maxQueued: 2 });
    const first = coalescer.submit('a');
    await turn();
    const waiting = [coalescer.submit('b'), coalescer.submit('c')];
    await expect(coalescer.submit('d')).rejects.toThrow(RegisterUnavailable);
    batches[0]!.answer();
    await first;
    await sleep(5);
    batches[1]!.answer();
    await Promise.all(waiting);
    const again = coalescer.submit('e');
    await turn();
    batches[2]!.answer();
    expect(await again).toBe('done e');
  });

  it('lets nobody wait longer than the patience', async () => {
    const { coalescer, batches } = aCoalescer({ patience: 50 });
    const first = coalescer.submit('a');
    await turn();
    const began = performance.now();
    await expect(coalescer.submit('b')).rejects.toThrow(RegisterUnavailable);
    expect(performance.now() - began).toBeGreaterThanOrEqual(49);
    batches[0]!.answer();
    expect(await first).toBe('done a');
    expect(batches).toHaveLength(1);
  });

  it('is not disturbed by a caller that has gone away', async () => {
    const { coalescer, batches } = aCoalescer();
    const gone = new AbortController();
    void Promise.race([
      coalescer.submit('a'),
      new Promise((_, reject) => gone.signal.addEventListener('abort', () => reject(new Error('gone')))),
    ]).catch(() => undefined);
    const stays = coalescer.submit('b');
    await turn();
    gone.abort();
    batches[0]!.answer();
    expect(await stays).toBe('done b');
  });
});
