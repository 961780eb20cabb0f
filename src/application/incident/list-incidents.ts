import { Injectable } from '@nestjs/common';
import type { Workload } from '../../domain/access/workload.js';
import { IncidentList, type IncidentPage, type IncidentQuery } from './incident-list.js';

@Injectable()
export class ListIncidents {
  constructor(private readonly list: IncidentList) {}

  execute(query: IncidentQuery, workload: Workload): Promise<IncidentPage> {
    return this.list.page(query, workload);
  }
}
