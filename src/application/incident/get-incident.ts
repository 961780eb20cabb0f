import { Injectable } from '@nestjs/common';
import { IncidentNotFound } from '../../domain/incident/incident-errors.js';
import { IncidentRepository } from '../../domain/incident/incident-repository.js';
import type { Incident, IncidentId } from '../../domain/incident/incident.js';

@Injectable()
export class GetIncident {
  constructor(private readonly incidents: IncidentRepository) {}

  /** @throws IncidentNotFound */
  async execute(id: IncidentId): Promise<Incident> {
    const incident = await this.incidents.find(id);
    if (!incident) throw new IncidentNotFound(id);
    return incident;
  }
}
