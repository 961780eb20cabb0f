import type { IncidentEvent } from '../../../domain/incident/incident-events.js';
import { Incident } from '../../../domain/incident/incident.js';
import type { IncidentEventRow } from './incident-event.row.js';
import type { IncidentRow } from './incident.row.js';

export function toIncident(row: IncidentRow): Incident {
  return new Incident({
    id: row.id,
    description: row.description,
    status: row.status,
    source: row.source,
    channel: row.channel,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    dedupKey: row.dedup_key ?? undefined,
    occurrences: row.occurrences,
    lastSeenAt: row.last_seen_at ?? row.created_at,
    previousId: row.previous_id ?? undefined,
  });
}

/** A row of `pageColumns`. */
export type PageIncidentRow = IncidentRow & { readonly isBeyond: boolean };

/** How many rows of a page are shown: those before the first one that is beyond it. */
export function shownOf(rows: readonly PageIncidentRow[], limit: number): number {
  const first = rows.findIndex(({ isBeyond }) => isBeyond);
  return first === -1 ? limit : Math.min(limit, first);
}

/** The database's own checks make sure that the columns which an event of this type needs are there. */
export function toEvent({
  seq,
  type,
  at,
  actor,
  channel,
  access_key,
  access_key_id,
  from_status,
  to_status,
  text,
}: IncidentEventRow): IncidentEvent {
  const accessKey = access_key === null ? undefined : { id: access_key_id ?? undefined, name: access_key };
  const happened = { seq, at, actor, accessKey, channel };
  if (type === 'status_changed') return { ...happened, type, from: from_status!, to: to_status! };
  if (type === 'reopened') return { ...happened, type, from: from_status!, to: to_status!, text: text! };
  return { ...happened, type, text: text! };
}
