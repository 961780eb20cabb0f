import { OutcomeUnknown } from '../../../application/operations/store-unavailable.js';
import type { IdempotencyKey } from '../../../domain/incident/idempotency.js';
import type { Outcome } from './pending-requests.js';

/**
 * The outcomes of a batch whose connection was lost before it was heard of. Requests with idempotency keys are sent again,
 * which does nothing where they have been done, and waits where they are being done: so the truth is known.
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
    // Still unknown: what is told is the first failure.
  }
  return requests.map((request) => known.get(request) ?? { error });
}
