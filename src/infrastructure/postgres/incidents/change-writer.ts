import type { IdempotencyKey } from '../../../domain/incident/idempotency.js';
import { IncidentNotFound } from '../../../domain/incident/incident-errors.js';
import { turnPause } from '../../../shared/event-loop-turns.js';
import type { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import type { Database } from '../connection/database.js';
import {
  type IdempotencyRecords,
  oncePerKey,
  type RejectionRecord,
  rejectionOf,
} from '../idempotency/idempotency-records.js';
import { settleRequests } from '../idempotency/settle-requests.js';
import { findIncidents } from './find-incidents.js';
import { type ChangeOutcome, type ChangeRequest, PendingChanges } from './pending-changes.js';

/** Changes incidents. */
export class ChangeWriter {
  constructor(
    private readonly database: Database,
    private readonly records: IdempotencyRecords,
    private readonly metrics: IncidentMetrics,
  ) {}

  /**
   * Loads the incidents, lets each request act, and saves what has not changed meanwhile; the rest is part of the next attempt.
   * Within this process an incident is in one batch at a time, so only another process can change it meanwhile.
   */
  change(requests: readonly ChangeRequest[], deadline: number): Promise<ChangeOutcome[]> {
    return settleRequests(requests, (open) => this.changeOnce(open, deadline));
  }

  private async changeOnce(
    requests: readonly ChangeRequest[],
    deadline: number,
  ): Promise<ReadonlyMap<ChangeRequest, ChangeOutcome>> {
    const ids = requests.map(({ id }) => id);
    const [loaded, earlier] = await Promise.all([
      findIncidents(this.database, ids, deadline),
      this.records.find(requests, deadline),
    ]);
    const pending = new PendingChanges(this.database, this.metrics);
    const outcomes = new Map<ChangeRequest, ChangeOutcome>();
    for (const [request, replay] of oncePerKey(requests, earlier)) {
      const pause = turnPause();
      if (pause) await pause;
      outcomes.set(request, replay ?? pending.apply(request, loaded.get(request.id)));
    }
    const conflicts = await pending.save(requests.length, deadline);
    for (const request of outcomes.keys()) if (conflicts.has(request.id)) outcomes.delete(request);
    await this.recordRejections(outcomes, earlier, deadline);
    return outcomes;
  }

  /** Records the rejections among these outcomes. A request whose key was taken meanwhile loses its outcome. */
  private async recordRejections(
    outcomes: Map<ChangeRequest, ChangeOutcome>,
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
    const recorded = await this.records.record(rejections, deadline);
    for (const request of outcomes.keys()) {
      const result = request.idempotency && recorded.get(request.idempotency);
      if (!result) continue;
      // A rejection that is not recorded is not returned: a replay could get another outcome.
      if ('error' in result) outcomes.set(request, result);
      else if (!result.value) outcomes.delete(request);
    }
  }
}
