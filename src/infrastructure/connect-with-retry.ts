import type { Logger } from '@nestjs/common';
import { sleepUnlessAborted } from '../shared/abort.js';
import { StartupError } from '../shared/startup-error.js';
import { reasonOf } from './postgres/connection/database-errors.js';

const RETRY_PAUSE_MS = 1_000;

interface RetryOptions {
  /** What is connected to, at the beginning of a sentence. */
  readonly name: string;
  readonly timeoutSeconds: number;
  readonly stop: AbortSignal;
  readonly logger: Logger;
}

/**
 * Repeats attempts to connect until one succeeds; logs each failed one.
 * @param attempt gets the time left, in milliseconds; it throws a StartupError if waiting cannot help.
 * @throws StartupError, or the reason of `stop` once that is aborted.
 */
export async function connectWithRetry<Result>(
  { name, timeoutSeconds, stop, logger }: RetryOptions,
  attempt: (leftMs: number) => Promise<Result>,
): Promise<Result> {
  const deadline = Date.now() + timeoutSeconds * 1_000;
  for (;;) {
    stop.throwIfAborted();
    try {
      return await attempt(deadline - Date.now());
    } catch (error) {
      stop.throwIfAborted();
      if (error instanceof StartupError) throw error;
      const reason = reasonOf(error).replace(/\.$/, '');
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) {
        const message = `${name} was not available within ${timeoutSeconds} s: ${reason}.`;
        throw new StartupError(message, { cause: error });
      }
      logger.warn(
        `${name} is not available yet (${reason}); retrying for up to ${Math.ceil(leftMs / 1_000)} s`,
      );
      await sleepUnlessAborted(Math.min(RETRY_PAUSE_MS, leftMs), stop);
    }
  }
}
