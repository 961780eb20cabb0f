import { sleepUnlessAborted } from '../abort.js';

const NEVER = new AbortController().signal;

/** Time that passes evenly, whatever happens to the clock of the machine. Tests replace it by one that they advance. */
export class MonotonicClock {
  /** Milliseconds since any fixed moment. */
  now(): number {
    return performance.now();
  }

  /** Sleeps. @returns false if the signal is aborted, before or meanwhile. */
  sleep(milliseconds: number, signal = NEVER): Promise<boolean> {
    return sleepUnlessAborted(milliseconds, signal);
  }
}
