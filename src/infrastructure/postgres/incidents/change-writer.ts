import { turnPause } from '../../../shared/event-loop-turns.js';
import type { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import type { Database } from '../connection/database.js';
import { type IdempotencyRecords, oncePerKey } from '../idempotency/idempotency-records.js';
import { settleRequests } from '../idempotency/settle-requests.js';
import { findIncidents } from './find-incidents.js';
import { type ChangeOutcome, type ChangeRequest, PendingChanges } from './pending-changes.js';
import { recordRejections } from './record-rejections.js';

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
    await recordRejections(this.records, outcomes, earlier, deadline);
    return outcomes;
  }
}
