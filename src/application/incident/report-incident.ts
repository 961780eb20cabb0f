import { Injectable } from '@nestjs/common';
import type { IdempotencyKey } from '../../domain/incident/idempotency.js';
import { IncidentRepository, type WriteResult } from '../../domain/incident/incident-repository.js';
import { IncidentStateMachine } from '../../domain/incident/incident-state-machine.js';
import { assertValidText } from '../../domain/incident/incident-text.js';
import type { Incident, Report } from '../../domain/incident/incident.js';
import type { Workload } from '../../domain/access/workload.js';
import { Clock } from '../operations/clock.js';

export interface ReportIncidentCommand extends Omit<Report, 'at'> {
  readonly idempotency?: IdempotencyKey;
  readonly workload?: Workload;
}

/**
 * Takes a report into the register: once this resolves, it is committed, as a new incident or as a further report of one
 * that is open.
 */
@Injectable()
export class ReportIncident {
  constructor(
    private readonly incidents: IncidentRepository,
    private readonly stateMachine: IncidentStateMachine,
    private readonly clock: Clock,
  ) {}

  /** @throws InvalidText where the description is not fit for the register, or IdempotencyKeyReused. */
  execute({ idempotency, workload, ...told }: ReportIncidentCommand): Promise<WriteResult> {
    const { description, dedupKey, actor, accessKey, channel } = told;
    assertValidText(description);
    const at = this.clock.now();
    if (dedupKey === undefined) return this.incidents.add({ ...told, at }, idempotency, workload);
    const again = (incident: Incident) =>
      this.stateMachine.repeat(incident, description, { actor, accessKey, channel, at });
    return this.incidents.addOrMerge({ ...told, dedupKey, at }, again, idempotency, workload);
  }
}
