import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable } from '../../../src/application/operations/store-unavailable.js';
import { SingleFlight } from '../../../src/infrastructure/postgres/batching/single-flight.js';

function reads(options: { maxInFlight?: number; maxQueued?: number } = {}) {
  const begun: { key: string; answer: (value: string) => void }[] = [];
  const shared = new SingleFlight<string>({ maxInFlight: 1, maxQueued: 10, timeoutMs: 1_000, ...options });
  const read = (key: string, principal = 'somebody') =>
    shared.submit(key, () => new Promise((resolve) => begun.push({ key, answer: resolve })), {
      principal,
      isBulk: false,
    });
  return { read, begun, keys: () => begun.map(({ key }) => key).join('') };
}

describe('shared reads', () => {
  it('begin once for all that ask the same in one turn', async () => {
    const { read, begun, keys } = reads({ maxInFlight: 2 });
    const answers = [read('a'), read('b'), read('a')];
    await sleep(5);
    expect(keys()).toBe('ab');
    begun[0]!.answer('1');
    begun[1]!.answer('2');
    expect(await Promise.all(answers)).toEqual(['1', '2', '1']);
  });

  it('do not share what has begun: an answer is never older than its request', async () => {
    const { read, begun, keys } = reads();
    const before = read('a');
    await sleep(5);
    const after = [read('a'), read('a')];
    await sleep(5);
    expect(keys()).toBe('a');
    begun[0]!.answer('old');
    expect(await before).toBe('old');
    await sleep(5);
    expect(keys()).toBe('aa');
    begun[1]!.answer('new');
    expect(await Promise.all(after)).toEqual(['new', 'new']);
  });

  it('share an error too, and go on after it', async () => {
    const { shared } = {
      shared: new SingleFlight<string>({ maxInFlight: 1, maxQueued: 10, timeoutMs: 1_000 }),
    };
    const broken = async () => Promise.reject(new Error('broken'));
    const results = await Promise.allSettled([shared.submit('a', broken), shared.submit('a', broken)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await shared.submit('a', async () => 'well')).toBe('well');
  });

  it('begin in the turns of those who wait for them, whoever asked first', async () => {
    const { read, begun, keys } = reads({ maxQueued: 100 });
    for (const key of 'abcdef') void read(key, 'flood');
    void read('x', 'another');
    void read('f', 'another');
    for (let n = 0; n < 7; n++) {
      await sleep(5);
      begun[n]!.answer('');
    }
    expect(keys()).toBe('axbfcde');
  });

  it('are refused past the queue', async () => {
    const { read, begun } = reads({ maxQueued: 4 });
    const first = [read('a', 'flood'), read('b', 'flood')];
    await expect(read('c', 'flood')).rejects.toThrow(StoreUnavailable);
    // Who fills the queue leaves room for others, and shares what it waits for.
    const another = read('c', 'another');
    const same = read('a', 'flood');
    for (let n = 0; n < 3; n++) {
      await sleep(5);
      begun[n]!.answer(String(n));
    }
    expect(await Promise.all([...first, another, same])).toEqual(['0', '2', '1', '0']);
  });
});
