import { Injectable } from '@nestjs/common';
import {
  IncidentList,
  MAX_COUNTED,
  type IncidentPage,
  type IncidentQuery,
} from '../../application/ports/incident-list.js';
import { Database } from './database.js';
import { listStatement } from './incident-list-statement.js';
import { toIncident } from './incident.mapper.js';
import type { IncidentRow } from './incident.row.js';

type PageRow = { total: number } & (IncidentRow | { id: null });

@Injectable()
export class PostgresIncidentList extends IncidentList {
  constructor(private readonly database: Database) {
    super();
  }

  async page(query: IncidentQuery): Promise<IncidentPage> {
    const { text, values } = listStatement(query);
    const rows = await this.database.query<PageRow>(text, values);
    const found = rows.filter((row) => row.id !== null).map(toIncident);
    const incidents = found.slice(0, query.limit);
    const more = found.length > query.limit;
    const backwards = 'before' in query.start;
    const counted = query.createdFrom || query.createdTo || query.text !== undefined ? MAX_COUNTED : Infinity;
    const { total } = rows[0]!;
    return {
      incidents: backwards ? incidents.toReversed() : incidents,
      hasPrevious: backwards ? more : !('offset' in query.start) || query.start.offset > 0,
      hasNext: backwards || more,
      total: Math.min(total, counted),
      totalIsExact: total <= counted,
    };
  }
}
