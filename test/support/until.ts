import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when it is so; rejects where it is not within so many milliseconds. */
export async function until(isSo: () => boolean | Promise<boolean>, limit = 30_000): Promise<void> {
  for (const deadline = Date.now() + limit; !(await isSo()); await sleep(10)) {
    if (Date.now() > deadline) throw new Error(`not within ${limit} ms: ${isSo.toString()}`);
  }
}
