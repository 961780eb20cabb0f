import { setImmediate as turn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { ownTurn } from '../../src/shared/event-loop-turns.js';

/** Keeps the event loop for so long, in milliseconds. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('ownTurn', () => {
  it('runs one task per turn, in order, and leaves the event loop free for as long as each took', async () => {
    const done: string[] = [];
    const piece = async (name: string) => {
      await ownTurn('a');
      work(20);
      done.push(name);
    };
    const pieces = [piece('a'), piece('b'), piece('c')];
    let turns = 0;
    const countTurn = () => {
      turns++;
      others = setImmediate(countTurn);
    };
    let others = setImmediate(countTurn);
    const began = performance.now();
    await Promise.all(pieces);
    clearImmediate(others);
    expect(done).toEqual(['a', 'b', 'c']);
    // Three pieces of 20 ms, and two rests between them.
    expect(performance.now() - began).toBeGreaterThanOrEqual(95);
    expect(turns).toBeGreaterThan(10);
  });

  it('alternates between principals', async () => {
    const done: string[] = [];
    const piece = async (principal: string, n: number) => {
      await ownTurn(principal);
      done.push(`${principal}${n}`);
    };
    await Promise.all([piece('a', 1), piece('a', 2), piece('a', 3), piece('b', 1), piece('b', 2)]);
    expect(done).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
  });

  it('starts at once if no task ran lately', async () => {
    await ownTurn('a');
    work(20);
    await turn();
    const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 1_000);
    const next = ownTurn('a').then(() => 'begun');
    expect(await Promise.race([next, turn().then(() => turn('waits'))])).toBe('begun');
    clock.mockRestore();
  });
});
