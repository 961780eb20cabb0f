import { Injectable } from '@nestjs/common';
import type { IdempotencyKey } from '../../domain/incident/idempotency.js';
import { IncidentNotFound, IncidentOfRequestNotFound } from '../../domain/incident/incident-errors.js';
import { IncidentRepository } from '../../domain/incident/incident-repository.js';
import type { Incident, IncidentId } from '../../domain/incident/incident.js';
import type { Workload } from '../../domain/access/workload.js';

@Injectable()
export class GetIncident {
  constructor(private readonly incidents: IncidentRepository) {}

  /** @throws IncidentNotFound */
  async execute(id: IncidentId, workload?: Workload): Promise<Incident> {
    const incident = await this.incidents.find(id, workload);
    if (!incident) throw new IncidentNotFound(id);
    return incident;
  }

  /**
   * The current state of the incident that an earlier request has created or changed.
   * @throws IncidentOfRequestNotFound
   */
  async byRequest(request: Pick<IdempotencyKey, 'scope' | 'key'>): Promise<Incident> {
    const incident = await this.incidents.findByRequest(request);
    if (!incident) throw new IncidentOfRequestNotFound(request.key);
    return incident;
  }
}
