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
  const changed = CHANGES[event.type](incident, event);
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
    reported_at: event.reported_at,
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

type Changes = (incident: Incident, event: FeedEvent) => Incident | undefined;

const counted: Changes = (incident, { at }) => ({
  ...incident,
  occurrences: incident.occurrences + 1,
  last_seen_at: at,
});

const unchanged: Changes = (incident) => incident;

/** The change by each type of event; undefined if the event does not say enough. */
const CHANGES: Readonly<Record<FeedEvent['type'], Changes>> = {
  reported: () => undefined,
  status_changed(incident, { to, assignee, at }) {
    if (!to) return undefined;
    const moved = withStatus(incident, to, at);
    return assignee === undefined ? moved : withAssignee(moved, assignee, at);
  },
  description_appended: (incident, { text = '' }) => ({
    ...incident,
    description: `${incident.description}\n${text}`,
  }),
  duplicate_reported: counted,
  reopened: (incident, event) => withStatus(counted(incident, event)!, event.to ?? 'IN_PROGRESS', event.at),
  assigned: (incident, { assignee = null, at }) => withAssignee(incident, assignee, at),
  unassigned: (incident, { at }) => withAssignee(incident, null, at),
  urgency_changed: (incident, { urgent = false }) => ({ ...incident, urgent }),
  marked_as_duplicate: (incident, { duplicate_of: original = null }) => ({
    ...incident,
    duplicate_of: original,
  }),
  // It adds the reports of the duplicate, whose number is not in the event.
  duplicate_linked: () => undefined,
  reminded: unchanged,
  escalated: unchanged,
  attached: unchanged,
};
