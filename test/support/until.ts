import { setTimeout as sleep } from 'node:timers/promises';

const POLL_INTERVAL_MS = 10;

export interface UntilOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  /** What the error shows besides, such as the output of a process. */
  readonly state?: () => string;
}

/**
 * Resolves with the result of the condition once it is truthy; rejects with an error of the condition.
 * @throws after `timeoutMs`, with the text of the condition.
 */
export async function until<Result>(
  condition: () => Result | Promise<Result>,
  { timeoutMs = 30_000, intervalMs = POLL_INTERVAL_MS, state = () => '' }: UntilOptions = {},
): Promise<Exclude<Result, undefined | false>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const result = await condition();
    if (result) return result as Exclude<Result, undefined | false>;
    if (Date.now() > deadline)
      throw new Error(`not within ${timeoutMs} ms: ${condition.toString()}\n${state()}`);
    await sleep(intervalMs);
  }
}
