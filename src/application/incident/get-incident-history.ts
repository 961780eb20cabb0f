import { Injectable } from '@nestjs/common';
import { IncidentNotFound } from '../../domain/incident/incident-errors.js';
import type { IncidentId } from '../../domain/incident/incident.js';
import { IncidentHistory, type IncidentEventPage } from './incident-history.js';

@Injectable()
export class GetIncidentHistory {
  constructor(private readonly history: IncidentHistory) {}

  /** @throws IncidentNotFound */
  async execute(id: IncidentId, after: number, limit: number): Promise<IncidentEventPage> {
    const page = await this.history.page(id, after, limit);
    if (!page) throw new IncidentNotFound(id);
    return page;
  }
}
