import { setImmediate as turn } from 'node:timers/promises';
import { StoreUnavailable } from '../../../src/application/operations/store-unavailable.js';
import { SingleFlight } from '../../../src/infrastructure/postgres/batching/single-flight.js';
import { until } from '../../support/until.js';

function reads(options: { maxInFlight?: number; maxQueued?: number } = {}) {
  const started: { key: string; answer: (value: string) => void }[] = [];
  const shared = new SingleFlight<string>({ maxInFlight: 1, maxQueued: 10, timeoutMs: 1_000, ...options });
  const read = (key: string, principal = 'somebody') =>
    shared.submit(key, () => new Promise((resolve) => started.push({ key, answer: resolve })), {
      principal,
      isBulk: false,
    });
  return { read, started, keys: () => started.map(({ key }) => key).join('') };
}

describe('a single flight of reads', () => {
  it('starts one read for all requests with the same key in one event-loop turn', async () => {
    const { read, started, keys } = reads({ maxInFlight: 2 });
    const answers = [read('a'), read('b'), read('a')];
    await until(() => started.length === 2);
    expect(keys()).toBe('ab');
    started[0]!.answer('1');
    started[1]!.answer('2');
    expect(await Promise.all(answers)).toEqual(['1', '2', '1']);
  });

  it('does not share a read that has started, so that a result is never older than its request', async () => {
    const { read, started, keys } = reads();
    const before = read('a');
    await until(() => started.length === 1);
    const after = [read('a'), read('a')];
    await turn();
    expect(keys()).toBe('a');
    started[0]!.answer('old');
    expect(await before).toBe('old');
    await until(() => started.length === 2);
    expect(keys()).toBe('aa');
    started[1]!.answer('new');
    expect(await Promise.all(after)).toEqual(['new', 'new']);
  });

  it('shares an error too, and continues after it', async () => {
    const { shared } = {
      shared: new SingleFlight<string>({ maxInFlight: 1, maxQueued: 10, timeoutMs: 1_000 }),
    };
    const broken = async () => Promise.reject(new Error('broken'));
    const results = await Promise.allSettled([shared.submit('a', broken), shared.submit('a', broken)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await shared.submit('a', async () => 'well')).toBe('well');
  });

  it('serves principals round robin, whoever asked first', async () => {
    const { read, started, keys } = reads({ maxQueued: 100 });
    for (const key of 'abcdef') void read(key, 'flood');
    void read('x', 'another');
    void read('f', 'another');
    for (let n = 0; n < 7; n++) {
      await until(() => started.length > n);
      started[n]!.answer('');
    }
    expect(keys()).toBe('axbfcde');
  });

  it('rejects reads beyond the queue limit', async () => {
    const { read, started } = reads({ maxQueued: 4 });
    const first = [read('a', 'flood'), read('b', 'flood')];
    await expect(read('c', 'flood')).rejects.toThrow(StoreUnavailable);
    // A principal that fills the queue leaves room for others, and still shares the reads that it waits for.
    const another = read('c', 'another');
    const same = read('a', 'flood');
    for (let n = 0; n < 3; n++) {
      await until(() => started.length > n);
      started[n]!.answer(String(n));
    }
    expect(await Promise.all([...first, another, same])).toEqual(['0', '2', '1', '0']);
  });
});
