import type { IncidentEvent } from '../../domain/incident/incident-events.js';
import { Incident } from '../../domain/incident/incident.js';
import type { IncidentEventRow } from './incident-event.row.js';
import type { IncidentRow } from './incident.row.js';

export function toIncident(row: IncidentRow): Incident {
  return new Incident({
    id: row.id,
    description: row.description,
    status: row.status,
    source: row.source,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  });
}

/** The database's own checks make sure that the columns which an event of this type needs are there. */
export function toEvent({
  seq,
  type,
  at,
  actor,
  from_status,
  to_status,
  text,
}: IncidentEventRow): IncidentEvent {
  switch (type) {
    case 'status_changed':
      return { seq, type, at, actor, from: from_status!, to: to_status! };
    case 'reported':
    case 'description_appended':
      return { seq, type, at, actor, text: text! };
  }
}
