import { setTimeout as sleep } from 'node:timers/promises';

const FIRST = 500;
const LONGEST = 30_000;
const LONGEST_ASKED = 3_600_000;

/**
 * How long to wait before the next try, in milliseconds: twice as long each time, up to 30 s, less up to a half by
 * chance so that many who wait do not come back at once; never less than the other side has asked for, which may be an hour.
 * @param failures how many tries have failed so far, from 1.
 * @param asked what the other side has asked for, in milliseconds.
 */
export function backoffMs(failures: number, asked = 0, random: () => number = Math.random): number {
  // The exponent has an end of its own: who waits for a week would otherwise come to Infinity * 0.
  const pause = Math.min(LONGEST, FIRST * 2 ** Math.min(failures - 1, 16));
  return Math.max(Math.min(asked, LONGEST_ASKED), Math.round(pause * (1 - random() / 2)));
}

/** Waits. @returns false where the signal came before the end, or already had. */
export async function sleepUnlessAborted(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    await sleep(milliseconds, undefined, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
