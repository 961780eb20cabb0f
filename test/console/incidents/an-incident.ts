import type { Incident } from '../../../console/src/api/types.js';
import type { FeedEvent } from '../../../console/src/live/live-events.js';

/** An incident as the API returns it. */
export function anIncident(changes: Partial<Incident> = {}): Incident {
  const { status = 'NEW' } = changes;
  return {
    id: 1,
    version: 1,
    description: 'Scooter 42 is offline',
    status,
    allowed_statuses: {
      NEW: ['IN_PROGRESS'],
      IN_PROGRESS: ['RESOLVED'],
      RESOLVED: ['IN_PROGRESS', 'CLOSED'],
      CLOSED: [],
    }[status] as Incident['allowed_statuses'],
    source: 'operator',
    channel: 'rest',
    created_at: '2026-11-30T10:00:00.000Z',
    updated_at: '2026-11-30T10:00:00.000Z',
    dedup_key: null,
    occurrences: 1,
    last_seen_at: '2026-11-30T10:00:00.000Z',
    previous_id: null,
    urgent: false,
    assignee: null,
    taken_at: null,
    resolved_at: null,
    closed_at: null,
    origin: null,
    duplicate_of: null,
    ...changes,
  };
}

/** An event of the feed. */
export function anEvent(changes: Partial<FeedEvent> = {}): FeedEvent {
  const { incident_id: incident = 1, seq = 2 } = changes;
  return {
    id: `${incident}-${seq}`,
    position: `1.${incident}${seq}`,
    incident_id: incident,
    seq,
    type: 'status_changed',
    at: '2026-11-30T11:00:00.000Z',
    actor: 'Anna',
    channel: 'rest',
    source: 'operator',
    status: 'NEW',
    ...changes,
  };
}
