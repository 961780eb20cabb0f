import type { IdempotencyKey } from '../../../domain/incident/idempotency.js';
import { IncidentNotFound } from '../../../domain/incident/incident-errors.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import {
  type IdempotencyRecords,
  type RejectionRecord,
  rejectionOf,
} from '../idempotency/idempotency-records.js';
import type { MaybeKeyed } from '../idempotency/settle-requests.js';
import type { ChangeOutcome } from './pending-changes.js';

/** A request for the incident with this id. */
interface IncidentRequest extends MaybeKeyed {
  readonly id: IncidentId;
}

/**
 * Records the rejections among these outcomes. A request whose key was taken meanwhile loses its outcome.
 * @param earlier the keys whose outcomes are recorded already.
 */
export async function recordRejections<Request extends IncidentRequest>(
  records: IdempotencyRecords,
  outcomes: Map<Request, ChangeOutcome>,
  earlier: ReadonlyMap<IdempotencyKey, unknown>,
  deadline: number,
): Promise<void> {
  const rejections = new Map<IdempotencyKey, RejectionRecord>();
  for (const [{ id, idempotency }, outcome] of outcomes) {
    if (!idempotency || earlier.has(idempotency)) continue;
    const rejection = rejectionOf(
      'error' in outcome ? outcome.error : (outcome.value ?? new IncidentNotFound(id)),
    );
    if (rejection) rejections.set(idempotency, rejection);
  }
  const recorded = await records.record(rejections, deadline);
  for (const request of outcomes.keys()) {
    const result = request.idempotency && recorded.get(request.idempotency);
    if (!result) continue;
    // A rejection that is not recorded is not returned: a replay could get another outcome.
    if ('error' in result) outcomes.set(request, result);
    else if (!result.value) outcomes.delete(request);
  }
}
