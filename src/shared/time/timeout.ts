import { setTimeout as sleep } from 'node:timers/promises';

/** The work has not settled within the timeout. */
export class TimeoutError extends Error {
  constructor(timeoutMs: number) {
    super(`timed out after ${Math.round(timeoutMs)} ms`);
  }
}

/**
 * Settles as the work does. The work itself goes on after a timeout; its result, or failure, is dropped.
 * @throws TimeoutError if the work takes longer.
 */
export async function withTimeout<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new TimeoutError(timeoutMs)), timeoutMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Polls the condition. @returns whether it becomes true within the timeout. */
export async function pollUntil(condition: () => boolean, timeoutMs: number, pauseMs = 10): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() >= deadline) return false;
    await sleep(pauseMs);
  }
  return true;
}
