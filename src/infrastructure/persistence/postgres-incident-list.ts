import { Injectable } from '@nestjs/common';
import {
  IncidentList,
  MAX_COUNTED,
  type IncidentPage,
  type IncidentQuery,
} from '../../application/ports/incident-list.js';
import { Database } from './database.js';
import { toIncident } from './incident.mapper.js';
import type { IncidentRow } from './incident.row.js';

type PageRow = { total: number } & (IncidentRow | { id: null });

@Injectable()
export class PostgresIncidentList extends IncidentList {
  constructor(private readonly database: Database) {
    super();
  }

  async page(query: IncidentQuery): Promise<IncidentPage> {
    const { sql, values, counted } = statementFor(query);
    const rows = await this.database.query<PageRow>(sql, values);
    const total = rows[0]!.total;
    return {
      incidents: rows.filter((row) => row.id !== null).map(toIncident),
      total: Math.min(total, counted),
      totalIsExact: total <= counted,
    };
  }
}

/** Rows and total in one statement, so that they are of one moment; a page without rows still has its total. */
function statementFor({ statuses, sources, createdFrom, createdTo, order, limit, offset }: IncidentQuery) {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const conditions = [
    statuses && `status = ANY(${bind(statuses)}::incident_status[])`,
    sources && `source = ANY(${bind(sources)}::incident_source[])`,
    createdFrom && `created_at >= ${bind(createdFrom)}`,
    createdTo && `created_at < ${bind(createdTo)}`,
  ].filter((condition) => condition !== undefined);
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const direction = order === 'newest-first' ? 'DESC' : 'ASC';
  const sorted = `ORDER BY created_at ${direction}, id ${direction}`;
  const counted = createdFrom || createdTo ? MAX_COUNTED : Infinity;
  const bound = counted === Infinity ? '' : `LIMIT ${counted + 1}`;
  const sql = `
    SELECT counted.total, page.*
    FROM (SELECT count(*) AS total FROM (SELECT FROM incidents ${where} ${bound}) AS counted) AS counted
    LEFT JOIN (
      SELECT id, description, status, source, version, created_at, updated_at
      FROM incidents ${where} ${sorted} LIMIT ${bind(limit)} OFFSET ${bind(offset)}
    ) AS page ON true
    ${sorted}`;
  return { sql, values, counted };
}
