import type { ChatEvent } from '../api/chat-feed.js';
import type { Incident } from '../api/incident.js';

/** Older events are notified of only if they still matter: after an outage, nobody needs to know what is over. */
const MAX_NEWS_AGE_MS = 60_000;

/** What a chat is notified of. */
export type NoticeKind =
  | 'taken'
  | 'released'
  | 'resolved'
  | 'reopened'
  | 'closed'
  | 'duplicate'
  | 'original_resolved'
  | 'original_reopened'
  | 'reminder'
  | 'escalation'
  | 'question';

/** A notification of a chat. */
export interface Notice {
  readonly kind: NoticeKind;
  /** What has happened; to the original of the incident if the kind says so. */
  readonly event: ChatEvent;
  /** The incident that it is about, as it is now. */
  readonly incident: Incident;
}

/** What an event means to a chat; undefined if the chat is not notified. */
function kindOf({ type, from, to, purpose }: ChatEvent): NoticeKind | undefined {
  switch (type) {
    case 'status_changed':
      if (to === 'RESOLVED' || to === 'CLOSED') return to === 'RESOLVED' ? 'resolved' : 'closed';
      return from === 'RESOLVED' ? 'reopened' : 'taken';
    case 'assigned':
      return 'taken';
    case 'unassigned':
      return 'released';
    case 'reopened':
      return 'reopened';
    case 'marked_as_duplicate':
      return 'duplicate';
    case 'reminded':
      return purpose === 'take' ? 'reminder' : 'question';
    case 'escalated':
      return 'escalation';
    case 'reported':
    case 'description_appended':
    case 'duplicate_reported':
    case 'duplicate_linked':
    case 'urgency_changed':
    case 'attached':
      break;
  }
  return undefined;
}

/** Whether a chat may be notified of the event. */
export const isNotable = (event: ChatEvent): boolean => kindOf(event) !== undefined;

/** Whether somebody should take the incident. */
export const isUntaken = ({ status, assignee }: Pick<Incident, 'status' | 'assignee'>): boolean =>
  status === 'NEW' || (status === 'IN_PROGRESS' && assignee === null);

/** Whether a reminder still asks for what nobody has done. */
function stillAsks(kind: NoticeKind, incident: Incident): boolean {
  return kind === 'question'
    ? incident.status === 'IN_PROGRESS' && incident.assignee !== null
    : isUntaken(incident);
}

const isReminder = (kind: NoticeKind) => kind === 'reminder' || kind === 'escalation' || kind === 'question';

/**
 * The notices of an incident. Of reminders, only the last counts, if it still applies; of the events that one change has caused,
 * only the last; and of what is older than a minute, only the last if the incident has not changed since.
 * @param events of this incident, in order.
 */
export function noticesOf(events: readonly ChatEvent[], incident: Incident, now: Date): readonly Notice[] {
  const notices = events.flatMap((event) => {
    const kind = kindOf(event);
    if (!kind) return [];
    // A duplicate is closed by the change that marks it.
    const isDuplicate = kind === 'closed' && incident.duplicate_of !== null;
    return [{ kind: isDuplicate ? ('duplicate' as const) : kind, event, incident }];
  });
  const reminders = notices.filter(({ kind }) => isReminder(kind));
  const news = notices.filter(({ kind }) => !isReminder(kind));
  const selected = new Set<Notice>([
    ...reminders.slice(-1).filter(({ kind }) => stillAsks(kind, incident)),
    ...news.filter(({ event }, index) => {
      const later = news[index + 1];
      if (later?.event.at === event.at) return false;
      const isNew = now.getTime() - Date.parse(event.at) <= MAX_NEWS_AGE_MS;
      return isNew || (later === undefined && event.status === incident.status);
    }),
  ]);
  return notices.filter((notice) => selected.has(notice));
}

/** The notices about their original for the reporters of duplicates. */
export function noticesOfOriginal(
  { kind, event }: Notice,
  duplicates: readonly Incident[],
): readonly Notice[] {
  if (kind !== 'resolved' && kind !== 'reopened') return [];
  return duplicates.map((incident) => ({ kind: `original_${kind}`, event, incident }));
}
