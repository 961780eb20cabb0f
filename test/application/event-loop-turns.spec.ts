import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { ownTurn } from '../../src/application/event-loop-turns.js';

/** Keeps the event loop for so long, in milliseconds. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('work in turns of its own', () => {
  it('is done one piece a turn, in order, and leaves others as much time as it took', async () => {
    const done: string[] = [];
    const piece = async (name: string) => {
      await ownTurn();
      work(20);
      done.push(name);
    };
    const pieces = [piece('a'), piece('b'), piece('c')];
    let turns = 0;
    let isOver = false;
    const others = (async () => {
      for (; !isOver; turns++) await nextTurn();
    })();
    const began = performance.now();
    await Promise.all(pieces);
    isOver = true;
    await others;
    expect(done).toEqual(['a', 'b', 'c']);
    // Three pieces of 20 ms, and two rests between them.
    expect(performance.now() - began).toBeGreaterThanOrEqual(95);
    expect(turns).toBeGreaterThan(10);
  });

  it('begins at once where no other was done lately', async () => {
    await ownTurn();
    await sleep(50);
    const turn = ownTurn().then(() => 'begun');
    expect(await Promise.race([turn, sleep(20, 'waits')])).toBe('begun');
  });
});
