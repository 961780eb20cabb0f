import { Logger } from '@nestjs/common';
import { type LoopOptions, PacedLoop } from '../../src/infrastructure/paced-loop.js';
import { pause } from '../support/pause.js';
import { until } from '../support/until.js';

/** The beginning and the end of a run, as `performance.now()`. */
interface Run {
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Longer than a test. */
const NEVER = { first: 600_000, max: 600_000 };

describe('a paced loop', () => {
  let loop: PacedLoop | undefined;
  let runs: Run[];
  beforeEach(() => (runs = []));
  afterEach(() => loop?.stop());

  /** Starts a loop whose runs do this work. */
  const start = (work: () => Promise<boolean>, options: Partial<LoopOptions> = {}) => {
    const run = async () => {
      const startedAt = performance.now();
      try {
        return await work();
      } finally {
        runs.push({ startedAt, endedAt: performance.now() });
      }
    };
    loop = new PacedLoop({
      name: 'work',
      context: 'Test',
      idleMs: { first: 10, max: 10 },
      ...options,
      run,
    });
    loop.start();
    return loop;
  };
  /** The times between the end of a run and the start of the next one, with the time that the run took. */
  const pauses = () =>
    runs.slice(1).map(({ startedAt }, n) => {
      const before = runs[n]!;
      return { pauseMs: startedAt - before.endedAt, runMs: before.endedAt - before.startedAt };
    });

  it('goes on soon after a slow run', async () => {
    const work = async () => {
      if (runs.length === 0) await pause(500, 'the database is slow once');
      return true;
    };
    start(work, { idleMs: { first: 100, max: 100 }, maxTimeShare: 1 / 50 });
    await until(() => runs.length > 1, { timeoutMs: 10_000 });
  });

  it('takes at most its share of time while there is more work', async () => {
    const work = async () => {
      await pause(20, 'work takes time');
      return true;
    };
    start(work, { idleMs: NEVER, maxTimeShare: 1 / 5 });
    await until(() => runs.length >= 4);
    // The loop measures a little more than this test, and a timer may fire a millisecond early.
    for (const { pauseMs, runMs } of pauses()) expect(pauseMs).toBeGreaterThan(3.5 * runMs);
  });

  it('pauses longer and longer while there is no work, up to a limit', async () => {
    start(async () => false, { idleMs: { first: 20, max: 60 } });
    await until(() => runs.length >= 5);
    const [first, second, third, fourth] = pauses().map(({ pauseMs }) => pauseMs);
    // A timer may fire a millisecond early.
    expect(first).toBeGreaterThanOrEqual(19);
    expect(second).toBeGreaterThanOrEqual(39);
    expect(third).toBeGreaterThanOrEqual(59);
    expect(fourth).toBeLessThan(5_000);
  });

  it('runs as soon as it is woken, but not more often than its interval permits', async () => {
    const idleMs = NEVER;
    const woken = start(async () => false, { idleMs, minIntervalMs: 50 });
    await until(() => runs.length === 1);
    woken.wake();
    await until(() => runs.length === 2, { timeoutMs: 10_000 });
    expect(runs[1]!.startedAt - runs[0]!.startedAt).toBeGreaterThanOrEqual(49);
  });

  it('does not forget that it was woken during a run', async () => {
    const work = async () => {
      await pause(1, 'work takes time');
      if (runs.length === 0) loop!.wake();
      return false;
    };
    start(work, { idleMs: NEVER });
    await until(() => runs.length === 2, { timeoutMs: 10_000 });
  });

  it('repeats what fails, and logs the first failure and the recovery', async () => {
    const lines: string[] = [];
    const log = (level: string) => (message: string) => lines.push(`${level}: ${message}`);
    Logger.overrideLogger({ log: log('log'), warn: log('warn'), error: log('error') });
    try {
      start(async () => {
        if (runs.length % 4 < 3) throw new Error('unavailable', { cause: new Error('no route to host') });
        return false;
      });
      await until(() => runs.length === 8);
    } finally {
      await loop?.stop();
      Logger.overrideLogger(false);
    }
    expect(lines).toEqual([
      'warn: work stalled: no route to host',
      'log: work recovered',
      'warn: work stalled: no route to host',
      'log: work recovered',
    ]);
  });

  it('finishes the run in flight when it is stopped, and runs no more', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const stopped = start(() => promise, { idleMs: NEVER });
    const end = stopped.stop();
    expect(runs).toEqual([]);
    resolve(true);
    await end;
    expect(runs).toHaveLength(1);
  });

  it('ends an idle pause when it is stopped', async () => {
    const stopped = start(async () => false, { idleMs: NEVER });
    await until(() => runs.length === 1);
    await stopped.stop();
    expect(runs).toHaveLength(1);
  });
});
