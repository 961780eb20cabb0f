import { backoffMs } from '../../../src/shared/backoff.js';
import type { MonotonicClock } from '../../../src/shared/time/monotonic-clock.js';
import { isTransientResponse, retryAfterMs } from '../../../src/shared/transient-response.js';
import type { Send } from './api-client.js';
import { isCutOff, problemOf } from './problems.js';

/** The API answers within 3 s, even if only that it is unavailable. */
const ATTEMPT_TIMEOUT_MS = 10_000;

/** After this time somebody has to know that the outcome is unknown. */
const MAX_DURATION_MS = 60_000;

/** Somebody waits for the answer. */
const MAX_PAUSE_MS = 5_000;

const NEVER = new AbortController().signal;

/**
 * Sends a request with an idempotency key again while its answer is unknown: the network is lost, the service is unavailable, or is still
 * working on an earlier attempt. It takes effect once. Other requests are sent once.
 *
 * After a minute, the last outcome is the final one: the same request with the same key may be sent again at any later time.
 */
export function retryingSend(send: Send, clock: MonotonicClock): Send {
  return async (url, init) => {
    if (init.headers['Idempotency-Key'] === undefined) return send(url, init);
    const stop = init.signal ?? NEVER;
    const endMs = clock.now() + MAX_DURATION_MS;
    for (let failures = 1; ; failures++) {
      const attempt = await attemptOf(send, url, { ...init, signal: stop });
      if (attempt.isFinal) return attempt.response;
      const pauseMs = backoffMs(failures, { maxMs: MAX_PAUSE_MS, retryAfterMs: attempt.retryAfterMs });
      if (clock.now() + pauseMs > endMs) return attempt.give();
      if (!(await clock.sleep(pauseMs, stop))) throw stop.reason;
    }
  };
}

type Attempt =
  | { readonly isFinal: true; readonly response: Response }
  | {
      readonly isFinal: false;
      readonly retryAfterMs: number;
      /** Returns its response, or throws its error. */
      readonly give: () => Response;
    };

async function attemptOf(
  send: Send,
  url: string,
  init: Parameters<Send>[1] & { readonly signal: AbortSignal },
): Promise<Attempt> {
  try {
    const signal = AbortSignal.any([init.signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]);
    const response = await send(url, { ...init, signal });
    // The body may be lost after the headers have arrived.
    const text = await response.clone().text();
    const { status, code } = problemOf(response, text);
    if (!isTransientResponse(status, code) && !isCutOff(response, text)) return { isFinal: true, response };
    return { isFinal: false, retryAfterMs: retryAfterMs(response.headers), give: () => response };
  } catch (error) {
    init.signal.throwIfAborted();
    const give = () => {
      throw error;
    };
    return { isFinal: false, retryAfterMs: 0, give };
  }
}
