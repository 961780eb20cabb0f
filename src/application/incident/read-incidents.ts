import { Injectable } from '@nestjs/common';
import type { Workload } from '../../domain/access/workload.js';
import type { RequestKey } from '../../domain/incident/idempotency.js';
import { IncidentNotFound, IncidentOfRequestNotFound } from '../../domain/incident/incident-errors.js';
import { IncidentRepository } from '../../domain/incident/incident-repository.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';
import type { Incident } from '../../domain/incident/incident.js';
import { type IncidentEventPage, IncidentHistory } from './incident-history.js';
import { IncidentList, type IncidentPage, type IncidentQuery } from './incident-list.js';
import { type SimilarIncident, SimilarIncidents } from './similar-incidents.js';

/** Reads incidents, their lists and their histories. */
@Injectable()
export class ReadIncidents {
  constructor(
    private readonly incidents: IncidentRepository,
    private readonly list: IncidentList,
    private readonly history: IncidentHistory,
    private readonly similarIncidents: SimilarIncidents,
  ) {}

  /** @throws IncidentNotFound */
  async get(id: IncidentId, workload?: Workload): Promise<Incident> {
    const incident = await this.incidents.find(id, workload);
    if (!incident) throw new IncidentNotFound(id);
    return incident;
  }

  /**
   * The current state of the incident that an earlier request has created or changed.
   * @throws IncidentOfRequestNotFound
   */
  async byRequest(request: RequestKey): Promise<Incident> {
    const incident = await this.incidents.findByRequest(request);
    if (!incident) throw new IncidentOfRequestNotFound(request.key);
    return incident;
  }

  page(query: IncidentQuery, workload: Workload): Promise<IncidentPage> {
    return this.list.page(query, workload);
  }

  /** @throws IncidentNotFound */
  async events(id: IncidentId, after: number, limit: number): Promise<IncidentEventPage> {
    const page = await this.history.page(id, after, limit);
    if (!page) throw new IncidentNotFound(id);
    return page;
  }

  /**
   * Open incidents that may have the same cause as this one: see `SimilarIncidents`.
   * @throws IncidentNotFound
   */
  async similar(id: IncidentId, workload: Workload): Promise<readonly SimilarIncident[]> {
    const page = await this.history.page(id, 0, 1);
    const [first] = page?.events ?? [];
    if (first?.type !== 'reported') throw new IncidentNotFound(id);
    return this.similarIncidents.find({ id, text: first.text }, workload);
  }
}
