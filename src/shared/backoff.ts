import { ShutdownError } from './shutdown-error.js';
import { MonotonicClock } from './time/monotonic-clock.js';

const MAX_RETRY_AFTER_MS = 3_600_000;

/** The pause after the first failure, and the longest one after many. */
export interface BackoffRange {
  readonly firstMs?: number;
  readonly maxMs?: number;
}

interface BackoffOptions extends BackoffRange {
  /** The minimum pause that the server requests (`Retry-After`), up to an hour. */
  readonly retryAfterMs?: number;
  /** From 0 to 1, as `Math.random`. */
  readonly random?: () => number;
}

/**
 * How long to wait before the next attempt, in milliseconds: twice as long after each failure, from 0.5 s up to 30 s by
 * default, less up to a half at random so that many clients do not retry at once.
 * @param failures how many attempts have failed so far, from 1.
 */
export function backoffMs(
  failures: number,
  { firstMs = 500, maxMs = 30_000, retryAfterMs = 0, random = Math.random }: BackoffOptions = {},
): number {
  // The exponent is bounded: after a week of failures, Infinity would follow.
  const pauseMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 16));
  return Math.max(Math.min(retryAfterMs, MAX_RETRY_AFTER_MS), Math.round(pauseMs * (1 - random() / 2)));
}

export interface RetryOptions extends BackoffRange {
  /** Ends the retries during a pause. */
  readonly stop: AbortSignal;
  /**
   * Receives each failure, and how many there were. It throws if another attempt is useless.
   * @returns the minimum pause in milliseconds that the server requests, if any.
   */
  readonly onFailure: (error: unknown, failures: number) => number | void;
  /** Measures the pauses. */
  readonly clock?: MonotonicClock;
}

const CLOCK = new MonotonicClock();

/**
 * Repeats the work until it succeeds, with growing pauses.
 * @throws what `onFailure` throws; ShutdownError if `stop` is aborted during a pause.
 */
export async function retryWithBackoff<Result>(
  work: () => Promise<Result>,
  { stop, onFailure, clock = CLOCK, ...range }: RetryOptions,
): Promise<Result> {
  for (let failures = 1; ; failures++) {
    let retryAfterMs: number | undefined;
    try {
      return await work();
    } catch (error) {
      retryAfterMs = onFailure(error, failures) ?? undefined;
    }
    const pauseMs = backoffMs(failures, { ...range, retryAfterMs });
    if (!(await clock.sleep(pauseMs, stop))) throw new ShutdownError();
  }
}
