import { OutcomeUnknown } from '../../../application/operations/store-unavailable.js';
import type { IdempotencyKey } from '../../../domain/incident/idempotency.js';
import type { Outcome } from './pending-requests.js';

/**
 * The outcomes of a batch whose connection was lost before the server answered. Requests with idempotency keys are sent again:
 * the server replays the outcome of a request that is committed, and waits for one that is still running.
 */
export async function resolveUnknownOutcomes<
  Request extends { readonly idempotency: IdempotencyKey | undefined },
  Result,
>(
  error: unknown,
  requests: readonly Request[],
  sendAgain: (keyed: readonly Request[]) => Promise<readonly Outcome<Result>[]>,
): Promise<Outcome<Result>[]> {
  if (!(error instanceof OutcomeUnknown)) throw error;
  const known = new Map<Request, Outcome<Result>>();
  const keyed = requests.filter(({ idempotency }) => idempotency);
  try {
    const outcomes = keyed.length > 0 ? await sendAgain(keyed) : [];
    keyed.forEach((request, i) => known.set(request, outcomes[i]!));
  } catch {
    // The outcome is still unknown: callers get the first error.
  }
  return requests.map((request) => known.get(request) ?? { error });
}
