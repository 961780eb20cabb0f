import { OutcomeUnknown } from '../../../application/operations/store-unavailable.js';
import type { IdempotencyKey } from '../../../domain/incident/idempotency.js';
import type { Outcome } from '../batching/outcome.js';

/** A request that may have an idempotency key. */
export interface MaybeKeyed {
  readonly idempotency: IdempotencyKey | undefined;
}

/** Handles requests together. A request without an outcome is part of the next attempt. */
type Attempt<Request, Result> = (
  requests: readonly Request[],
) => Promise<ReadonlyMap<Request, Outcome<Result>>>;

/**
 * Repeats attempts until each request has an outcome, and resolves with the outcomes in the order of the requests. If the first
 * attempt rejects, so does this. A later rejection is the outcome of the open requests: the whole must not be retried, since a
 * part of it is done.
 *
 * If the connection is lost before the server answers, the requests with idempotency keys are sent again: the server replays the
 * outcome of a request that is committed, and waits for one that is still running.
 */
export async function settleRequests<Request extends MaybeKeyed, Result>(
  requests: readonly Request[],
  attempt: Attempt<Request, Result>,
): Promise<Outcome<Result>[]> {
  const outcomes = new Map<Request, Outcome<Result>>();
  try {
    await repeat(attempt, requests, outcomes);
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error;
    const keyed = requests.filter(({ idempotency }) => idempotency);
    // If it fails, the outcome is still unknown: callers get the first error.
    await repeat(attempt, keyed, outcomes).catch(() => undefined);
    return requests.map((request) => outcomes.get(request) ?? { error });
  }
  return requests.map((request) => outcomes.get(request)!);
}

async function repeat<Request, Result>(
  attempt: Attempt<Request, Result>,
  requests: readonly Request[],
  outcomes: Map<Request, Outcome<Result>>,
): Promise<void> {
  let open = requests;
  while (open.length > 0) {
    try {
      for (const [request, outcome] of await attempt(open)) outcomes.set(request, outcome);
    } catch (error) {
      if (outcomes.size === 0) throw error;
      for (const request of open) outcomes.set(request, { error });
    }
    open = open.filter((request) => !outcomes.has(request));
  }
}
