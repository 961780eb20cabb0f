import type { Incident } from '../api/types.js';
import type { FeedEvent } from '../live/live-events.js';
import { withAssignee, withStatus } from './commands.js';

/**
 * The incident after an event of the feed, without a request; undefined if only the service can tell.
 * @param incident its state before; undefined if the page does not have it.
 */
export function applyEvent(incident: Incident | undefined, event: FeedEvent): Incident | undefined {
  if (!incident) return event.type === 'reported' ? reportedBy(event) : undefined;
  if (event.seq <= incident.version) return incident;
  if (event.seq > incident.version + 1) return undefined;
  const changed = changedBy(incident, event);
  return changed && { ...changed, version: event.seq, updated_at: event.at };
}

function reportedBy(event: FeedEvent): Incident | undefined {
  const { incident_id: id, seq, at, text, source, channel, urgent = false, origin = null } = event;
  // A key that may not read gets neither.
  if (text === undefined || channel === undefined) return undefined;
  return {
    id,
    version: seq,
    description: text,
    status: 'NEW',
    allowed_statuses: ['IN_PROGRESS'],
    source,
    channel,
    created_at: at,
    updated_at: at,
    dedup_key: null,
    occurrences: 1,
    last_seen_at: at,
    previous_id: null,
    urgent,
    assignee: null,
    taken_at: null,
    resolved_at: null,
    closed_at: null,
    origin,
    duplicate_of: null,
  };
}

function changedBy(incident: Incident, event: FeedEvent): Incident | undefined {
  const { at } = event;
  switch (event.type) {
    case 'status_changed': {
      if (!event.to) return undefined;
      const moved = withStatus(incident, event.to, at);
      return event.assignee === undefined ? moved : withAssignee(moved, event.assignee, at);
    }
    case 'description_appended':
      return { ...incident, description: `${incident.description}\n${event.text ?? ''}` };
    case 'duplicate_reported':
    case 'reopened': {
      const counted = { ...incident, occurrences: incident.occurrences + 1, last_seen_at: at };
      return event.type === 'reopened' ? withStatus(counted, event.to ?? 'IN_PROGRESS', at) : counted;
    }
    case 'assigned':
      return withAssignee(incident, event.assignee ?? null, at);
    case 'unassigned':
      return withAssignee(incident, null, at);
    case 'urgency_changed':
      return { ...incident, urgent: event.urgent ?? false };
    case 'marked_as_duplicate':
      return { ...incident, duplicate_of: event.duplicate_of ?? null };
    case 'reminded':
    case 'escalated':
      return incident;
    case 'reported':
    // It adds the reports of the duplicate, whose number is not in the event.
    case 'duplicate_linked':
      return undefined;
  }
}
