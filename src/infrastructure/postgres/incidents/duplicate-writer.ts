import type { IdempotencyKey } from '../../../domain/incident/idempotency.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { Incident } from '../../../domain/incident/incident.js';
import type { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import type { Database } from '../connection/database.js';
import type { IdempotencyRecords } from '../idempotency/idempotency-records.js';
import { settleRequests } from '../idempotency/settle-requests.js';
import type { IncidentRow } from './incident-columns.js';
import { FIND_WITH_ORIGINAL } from './incident-statements.js';
import { toIncident } from './incident.mapper.js';
import { type ChangeOutcome, PendingChanges } from './pending-changes.js';
import { recordRejections } from './record-rejections.js';

/** A request for an incident and the original of another one. */
export interface DuplicateRequest {
  readonly id: IncidentId;
  readonly duplicateOf: IncidentId;
  readonly act: (incident: Incident, original: Incident | undefined) => void;
  readonly idempotency: IdempotencyKey | undefined;
}

type Row = IncidentRow & { readonly isIncident: boolean; readonly isOriginal: boolean };

/**
 * Changes an incident together with the one that it is a duplicate of. Both are saved only at the versions that the change was
 * made from, so concurrent requests cannot make a cycle: the original at the end of a chain is one of the two.
 */
export class DuplicateWriter {
  constructor(
    private readonly database: Database,
    private readonly records: IdempotencyRecords,
    private readonly metrics: IncidentMetrics,
  ) {}

  /** The outcome of a request. What another request has changed meanwhile is loaded again, until the deadline. */
  async change(request: DuplicateRequest, deadline: number): Promise<ChangeOutcome[]> {
    return settleRequests([request], () => this.attempt(request, deadline));
  }

  private async attempt(
    request: DuplicateRequest,
    deadline: number,
  ): Promise<ReadonlyMap<DuplicateRequest, ChangeOutcome>> {
    const { id, duplicateOf, idempotency } = request;
    const [rows, earlier] = await Promise.all([
      this.database.query<Row>(FIND_WITH_ORIGINAL, [id, duplicateOf], deadline),
      this.records.find([request], deadline),
    ]);
    const replay = idempotency && earlier.get(idempotency);
    if (replay) return new Map([[request, replay]]);
    const pending = new PendingChanges(this.database, this.metrics);
    const outcomes = new Map([[request, apply(request, rows, pending)]]);
    const conflicts = await pending.save(1, deadline, true);
    if (conflicts.size > 0) return new Map();
    await recordRejections(this.records, outcomes, earlier, deadline);
    return outcomes;
  }
}

/** Lets the request act on copies, since one that throws may have done half of its work. */
function apply(
  { act, idempotency }: DuplicateRequest,
  rows: readonly Row[],
  pending: PendingChanges,
): ChangeOutcome {
  const incidentRow = rows.find(({ isIncident }) => isIncident);
  if (!incidentRow) return { value: undefined };
  const originalRow = rows.find(({ isOriginal }) => isOriginal);
  const [before, originalBefore] = [toIncident(incidentRow), originalRow && toIncident(originalRow)];
  const after = new Incident(before.state);
  const originalAfter =
    originalRow === incidentRow ? after : originalBefore && new Incident(originalBefore.state);
  try {
    act(after, originalAfter);
  } catch (error) {
    return { error };
  }
  pending.add(before, after, idempotency);
  if (originalBefore && originalAfter && originalAfter !== after) {
    pending.add(originalBefore, originalAfter, undefined);
  }
  return { value: { incident: after, isReplay: false } };
}
