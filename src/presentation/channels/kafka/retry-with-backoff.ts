import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait after the first failure, and after many, in milliseconds. */
const PAUSE = { first: 100, longest: 10_000 } as const;

/**
 * Does the work, and again for as long as it fails for a passing reason: after 0.1 s, then after waits that grow up to 10 s.
 * Rejects with any other failure, and with the reason of `stop` once that is aborted while it waits.
 */
export async function retryWithBackoff<Result>(
  work: () => Promise<Result>,
  isPassing: (error: unknown) => boolean,
  stop: AbortSignal,
): Promise<Result> {
  for (let pause: number = PAUSE.first; ; pause = Math.min(pause * 2, PAUSE.longest)) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    stop.throwIfAborted();
    // Not all at the same moment: a thousand may wait for the same thing.
    const wait = pause * (0.5 + Math.random() / 2);
    await sleep(wait, undefined, { signal: stop }).catch(() => stop.throwIfAborted());
  }
}
