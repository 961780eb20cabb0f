import { Injectable } from '@nestjs/common';
import type { IncidentSource } from '../../domain/incident/incident-source.js';
import { IncidentRepository } from '../../domain/incident/incident-repository.js';
import { assertFitText } from '../../domain/incident/incident-text.js';
import type { Incident } from '../../domain/incident/incident.js';
import { Clock } from '../ports/clock.js';

export interface ReportIncidentCommand {
  readonly description: string;
  readonly source: IncidentSource;
  readonly actor: string;
}

/** Takes a report into the register: once this resolves, the incident is committed. */
@Injectable()
export class ReportIncident {
  constructor(
    private readonly incidents: IncidentRepository,
    private readonly clock: Clock,
  ) {}

  /** @throws InvalidText where the description is not fit for the register. */
  execute({ description, source, actor }: ReportIncidentCommand): Promise<Incident> {
    assertFitText(description);
    return this.incidents.add({ description, source, actor, at: this.clock.now() });
  }
}
