import { Injectable } from '@nestjs/common';
import type { IdempotencyKey } from '../../domain/incident/idempotency.js';
import type { Provenance } from '../../domain/incident/incident-channel.js';
import { IncidentNotFound } from '../../domain/incident/incident-errors.js';
import { IncidentRepository, type WriteResult } from '../../domain/incident/incident-repository.js';
import type { TransitionVia } from '../../domain/incident/incident-state-machine.js';
import type { IncidentStatus } from '../../domain/incident/incident-status.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';
import type { Incident } from '../../domain/incident/incident.js';
import type { Workload } from '../../domain/access/workload.js';
import { Clock } from '../operations/clock.js';

export interface UpdateIncidentCommand extends Provenance {
  readonly id: IncidentId;
  readonly status?: IncidentStatus;
  /** How to reach the status; `direct` by default. */
  readonly via?: TransitionVia;
  /** Reject the change unless the incident has this status; undefined for any. */
  readonly from?: IncidentStatus;
  /** Who is to work on it; null for nobody. */
  readonly assignee?: string | null;
  readonly urgent?: boolean;
  /** The text to append to the description. */
  readonly addition?: string;
  /** Reject the change unless this holds for the incident's version; undefined for any. */
  readonly isExpected?: (version: number) => boolean;
  readonly idempotency?: IdempotencyKey;
  readonly workload?: Workload;
}

/** Changes an incident's status, assignee and urgency, and appends to its description: all of it, or nothing. */
@Injectable()
export class UpdateIncident {
  constructor(
    private readonly incidents: IncidentRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws IdempotencyKeyReused, IncidentNotFound, VersionMismatch, UnexpectedStatus, IncidentClosed, IllegalTransition, InvalidText or
   * DescriptionTooLong, in this order.
   */
  async execute(command: UpdateIncidentCommand): Promise<WriteResult> {
    const { id, status, via, from, assignee, urgent, addition, isExpected, idempotency, workload } = command;
    const { actor, accessKey, channel } = command;
    const change = { actor, accessKey, channel, at: this.clock.now() };
    const act = (incident: Incident) => {
      if (isExpected) incident.requireVersion(isExpected);
      if (from !== undefined) incident.requireStatus(from);
      if (urgent !== undefined) incident.setUrgent(urgent, change);
      // A NEW incident gets its assignee with the status that it is to reach.
      if (assignee !== undefined && (status === undefined || incident.status !== 'NEW')) {
        if (assignee === null) incident.release(change);
        else incident.assignTo(assignee, change);
      }
      if (status !== undefined) incident.moveTo(status, change, via, assignee);
      if (addition !== undefined) incident.append(addition, change);
    };
    const result = await this.incidents.change(id, act, idempotency, workload);
    if (!result) throw new IncidentNotFound(id);
    return result;
  }
}
