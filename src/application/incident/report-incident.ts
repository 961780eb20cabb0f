import { Injectable } from '@nestjs/common';
import type { IdempotencyKey } from '../../domain/incident/idempotency.js';
import { IncidentRepository, type WriteResult } from '../../domain/incident/incident-repository.js';
import { assertValidText } from '../../domain/incident/incident-text.js';
import type { Change, Report } from '../../domain/incident/incident-state.js';
import type { Incident } from '../../domain/incident/incident.js';
import type { Workload } from '../../domain/access/workload.js';
import { Clock } from '../operations/clock.js';

export interface ReportIncidentCommand extends Omit<Report, 'at'> {
  readonly idempotency?: IdempotencyKey;
  readonly workload?: Workload;
}

/** Stores a report: once this resolves, it is committed, as a new incident or as a duplicate report of an open one. */
@Injectable()
export class ReportIncident {
  constructor(
    private readonly incidents: IncidentRepository,
    private readonly clock: Clock,
  ) {}

  /** @throws InvalidText or IdempotencyKeyReused. */
  execute({ idempotency, workload, ...report }: ReportIncidentCommand): Promise<WriteResult> {
    const { description, dedupKey, actor, accessKey, channel } = report;
    assertValidText(description);
    const at = this.clock.now();
    if (dedupKey === undefined) return this.incidents.add({ ...report, at }, idempotency, workload);
    const change = { actor, accessKey, channel, at };
    const countDuplicate = countsDuplicate(report, change);
    return this.incidents.addOrMerge({ ...report, dedupKey, at }, countDuplicate, idempotency, workload);
  }
}

/** What a report does to the open incident with its deduplication key. */
export const countsDuplicate =
  ({ description, urgent }: Pick<Report, 'description' | 'urgent'>, change: Change) =>
  (incident: Incident): void => {
    incident.countDuplicate(description, change);
    if (urgent) incident.setUrgent(true, change);
  };
