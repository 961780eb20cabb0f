import { Injectable } from '@nestjs/common';
import type { IdempotencyKey } from '../../domain/incident/idempotency.js';
import type { Provenance } from '../../domain/incident/incident-channel.js';
import { IncidentNotFound } from '../../domain/incident/incident-errors.js';
import { IncidentRepository, type WriteResult } from '../../domain/incident/incident-repository.js';
import { IncidentStateMachine } from '../../domain/incident/incident-state-machine.js';
import type { IncidentStatus } from '../../domain/incident/incident-status.js';
import type { Incident, IncidentId } from '../../domain/incident/incident.js';
import type { Workload } from '../../domain/access/workload.js';
import { Clock } from '../operations/clock.js';

export interface UpdateIncidentCommand extends Provenance {
  readonly id: IncidentId;
  readonly status?: IncidentStatus;
  readonly addition?: string;
  /** Refuse unless this holds for the incident's version; undefined for any. */
  readonly isExpected?: (version: number) => boolean;
  readonly idempotency?: IdempotencyKey;
  readonly workload?: Workload;
}

/** Moves an incident, adds to its description, or both: all of it, or nothing. */
@Injectable()
export class UpdateIncident {
  constructor(
    private readonly incidents: IncidentRepository,
    private readonly stateMachine: IncidentStateMachine,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws IdempotencyKeyReused, IncidentNotFound, VersionMismatch, IllegalTransition, InvalidText or DescriptionTooLong,
   * in this order.
   */
  async execute(command: UpdateIncidentCommand): Promise<WriteResult> {
    const { id, status, addition, isExpected, actor, accessKey, channel, idempotency, workload } = command;
    const change = { actor, accessKey, channel, at: this.clock.now() };
    const act = (incident: Incident) => {
      if (isExpected) incident.requireVersion(isExpected);
      if (status !== undefined) this.stateMachine.move(incident, status, change);
      if (addition !== undefined) incident.append(addition, change);
    };
    const recorded = await this.incidents.change(id, act, idempotency, workload);
    if (!recorded) throw new IncidentNotFound(id);
    return recorded;
  }
}
