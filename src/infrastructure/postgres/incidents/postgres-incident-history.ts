import { Injectable } from '@nestjs/common';
import { IncidentHistory, type IncidentEventPage } from '../../../application/incident/incident-history.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { Database } from '../connection/database.js';
import { EVENT_COLUMNS } from './incident-statements.js';
import { type IncidentEventRow, toEvent } from './incident.mapper.js';

// An incident without further events gives one row without an event; a missing incident gives none.
export const PAGE = `
  SELECT event.*
  FROM incidents
  LEFT JOIN LATERAL (
    SELECT ${EVENT_COLUMNS}
    FROM incident_events WHERE incident_id = incidents.id AND seq > $2 ORDER BY seq LIMIT $3
  ) AS event ON true
  WHERE incidents.id = $1
  ORDER BY event.seq`;

@Injectable()
export class PostgresIncidentHistory extends IncidentHistory {
  constructor(private readonly database: Database) {
    super();
  }

  async page(id: IncidentId, after: number, limit: number): Promise<IncidentEventPage | undefined> {
    const rows = await this.database.query<IncidentEventRow | { seq: null }>(PAGE, [id, after, limit + 1]);
    if (rows.length === 0) return undefined;
    const events = rows.filter((row) => row.seq !== null).map(toEvent);
    return { events: events.slice(0, limit), more: events.length > limit };
  }
}
