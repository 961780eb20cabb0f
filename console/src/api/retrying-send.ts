import { backoffMs } from '../../../src/shared/backoff.js';
import type { MonotonicClock } from '../../../src/shared/time/monotonic-clock.js';
import { isTransientResponse, retryAfterMs } from '../../../src/shared/transient-response.js';
import type { Send } from './api-client.js';
import { isCutOff, problemOf } from './problems.js';

/** How long one attempt may take, and after which time somebody has to know that the outcome is unknown. */
interface Durations {
  readonly attemptMs: number;
  readonly totalMs: number;
}

/** The API answers within 3 s, even if only that it is unavailable. */
const DURATIONS: Durations = { attemptMs: 10_000, totalMs: 60_000 };

/**
 * Of a form with files: the API waits 10 minutes for it, and answers within 2 minutes more. The page shows how far it is, and lets people
 * end it.
 */
const FORM_DURATIONS: Durations = { attemptMs: 720_000, totalMs: 1_800_000 };

/** Somebody waits for the answer. */
const MAX_PAUSE_MS = 5_000;

const NEVER = new AbortController().signal;

/**
 * Sends a request with an idempotency key again while its answer is unknown: the network is lost, the service is unavailable, or is still
 * working on an earlier attempt. It takes effect once. Other requests are sent once.
 *
 * After a minute, or half an hour with files, the last outcome is the final one: the same request with the same key may be sent again at any
 * later time.
 */
export function retryingSend(send: Send, clock: MonotonicClock): Send {
  return async (url, init) => {
    if (init.headers['Idempotency-Key'] === undefined) return send(url, init);
    const stop = init.signal ?? NEVER;
    const { attemptMs, totalMs } = init.body instanceof FormData ? FORM_DURATIONS : DURATIONS;
    const endMs = clock.now() + totalMs;
    for (let failures = 1; ; failures++) {
      const attempt = await attemptOf(send, url, { ...init, signal: stop }, attemptMs);
      if (attempt.isFinal) return attempt.response;
      const pauseMs = backoffMs(failures, { maxMs: MAX_PAUSE_MS, retryAfterMs: attempt.retryAfterMs });
      if (clock.now() + pauseMs > endMs) return attempt.give();
      init.onProgress?.(undefined);
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
  timeoutMs: number,
): Promise<Attempt> {
  try {
    const signal = AbortSignal.any([init.signal, AbortSignal.timeout(timeoutMs)]);
    const response = await send(url, { ...init, signal });
    // The body may be lost after the headers have arrived.
    const text = await response.clone().text();
    const { status, code } = problemOf(response, text);
    const isFinal = !isTransientResponse(status, code);
    if (isFinal && !isCutOff(response, text)) return { isFinal, response };
    return { isFinal: false, retryAfterMs: retryAfterMs(response.headers), give: () => response };
  } catch (error) {
    init.signal.throwIfAborted();
    const give = () => {
      throw error;
    };
    return { isFinal: false, retryAfterMs: 0, give };
  }
}
