import { Injectable } from '@nestjs/common';
import { IncidentList, type IncidentPage, type IncidentQuery } from '../ports/incident-list.js';

@Injectable()
export class ListIncidents {
  constructor(private readonly list: IncidentList) {}

  execute(query: IncidentQuery): Promise<IncidentPage> {
    return this.list.page(query);
  }
}
