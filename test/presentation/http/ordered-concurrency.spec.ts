import { setImmediate as turn } from 'node:timers/promises';
import { orderedConcurrency } from '../../../src/presentation/http/body/ordered-concurrency.js';
import { until } from '../../support/until.js';

async function* count(to: number, taken: (n: number) => void = () => {}) {
  for (let n = 1; n <= to; n++) {
    taken(n);
    yield n;
  }
}

const collect = async (stream: AsyncIterable<string>) => {
  let text = '';
  for await (const part of stream) text += part;
  return text;
};

describe('orderedConcurrency', () => {
  const window = { items: 4, bytes: 100 };

  it('yields the answers in the order of the items, whichever is ready first', async () => {
    const pending: (() => void)[] = [];
    const answer = (n: number) => new Promise<string>((resolve) => pending.push(() => resolve(`${n} `)));
    const collected = collect(orderedConcurrency(count(9), answer, () => 1, window));
    // The last one of each window is ready first.
    for (const size of [4, 4, 1]) {
      await until(() => pending.length === size);
      for (const finish of pending.splice(0).toReversed()) {
        finish();
        await turn();
      }
    }
    expect(await collected).toBe('1 2 3 4 5 6 7 8 9 ');
  });

  it.each([
    ['items', { items: 4, bytes: 100 }, 1],
    ['bytes', { items: 100, bytes: 40 }, 10],
  ])('never has more %s in flight than the window allows', async (_, limits, size) => {
    let [underWay, most] = [0, 0];
    const answer = async () => {
      most = Math.max(most, ++underWay);
      await turn();
      underWay--;
      return '.';
    };
    expect(await collect(orderedConcurrency(count(50), answer, () => size, limits))).toHaveLength(50);
    expect(most).toBe(4);
  });

  it('reads no further items until answers are consumed', async () => {
    let taken = 0;
    const stream = orderedConcurrency(
      count(50, (n) => (taken = n)),
      async (n) => `${n}`,
      () => 1,
      window,
    );
    await stream.next();
    // Nothing here waits for more than the end of a turn.
    await turn();
    expect(taken).toBeLessThan(10);
    await stream.return(undefined);
    await turn();
    expect(taken).toBeLessThan(12);
  });

  it('throws the error of the items after the answers to the items before it', async () => {
    async function* broken() {
      yield 1;
      throw new Error('cut');
    }
    const seen: string[] = [];
    const read = async () => {
      for await (const part of orderedConcurrency(
        broken(),
        async (n) => `${n}`,
        () => 1,
        window,
      ))
        seen.push(part);
    };
    await expect(read()).rejects.toThrow('cut');
    expect(seen).toEqual(['1']);
  });
});
