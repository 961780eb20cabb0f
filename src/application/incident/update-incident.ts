import { Injectable } from '@nestjs/common';
import { IncidentNotFound } from '../../domain/incident/incident-errors.js';
import { IncidentRepository } from '../../domain/incident/incident-repository.js';
import { IncidentStateMachine } from '../../domain/incident/incident-state-machine.js';
import type { IncidentStatus } from '../../domain/incident/incident-status.js';
import type { Incident, IncidentId } from '../../domain/incident/incident.js';
import { Clock } from '../ports/clock.js';

export interface UpdateIncidentCommand {
  readonly id: IncidentId;
  readonly status?: IncidentStatus;
  readonly addition?: string;
  /** Refuse unless the incident is at one of these versions; undefined for any. */
  readonly expectedVersions?: readonly number[];
  readonly actor: string;
}

/** Moves an incident, adds to its description, or both: all of it, or nothing. */
@Injectable()
export class UpdateIncident {
  constructor(
    private readonly incidents: IncidentRepository,
    private readonly stateMachine: IncidentStateMachine,
    private readonly clock: Clock,
  ) {}

  /** @throws IncidentNotFound, VersionMismatch, IllegalTransition, InvalidText or DescriptionFull, in this order. */
  async execute({ id, status, addition, expectedVersions, actor }: UpdateIncidentCommand): Promise<Incident> {
    const change = { actor, at: this.clock.now() };
    const incident = await this.incidents.change(id, (incident) => {
      if (expectedVersions) incident.requireVersion(expectedVersions);
      if (status !== undefined) this.stateMachine.move(incident, status, change);
      if (addition !== undefined) incident.append(addition, change);
    });
    if (!incident) throw new IncidentNotFound(id);
    return incident;
  }
}
