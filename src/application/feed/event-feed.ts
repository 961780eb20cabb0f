import type { Workload } from '../../domain/access/workload.js';
import { type ChatScope, chatOf } from '../../domain/attention/attention-policy.js';
import type { FeedPosition, FeedStart } from '../../domain/feed/feed-position.js';
import type { IncidentEvent } from '../../domain/incident/incident-events.js';
import type { IncidentSource } from '../../domain/incident/incident-source.js';
import type { IncidentStatus } from '../../domain/incident/incident-status.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';

/** The maximum number of events of a page. */
export const MAX_FEED_PAGE = 500;

/** The maximum number of chats of an event where duplicates were reported. */
export const MAX_DUPLICATE_CHATS = 100;

/** An event of the history at its position in the feed. */
export interface FeedEvent {
  readonly position: FeedPosition;
  readonly incidentId: IncidentId;
  readonly event: IncidentEvent;
  readonly source: IncidentSource;
  /** The status of the incident after this event. */
  readonly status: IncidentStatus;
  /** The principal of the key that reported the incident; undefined if it is not a key of the database. */
  readonly reporter: string | undefined;
  /** Where the incident was first reported. */
  readonly origin: string | undefined;
  /** The chats where duplicates of the incident have been reported when the event is read: up to MAX_DUPLICATE_CHATS of them. */
  readonly duplicateChats: readonly ChatScope[];
}

/** Selects events. An undefined property matches every event. */
export interface FeedFilter {
  readonly statuses?: readonly IncidentStatus[];
  readonly sources?: readonly IncidentSource[];
  readonly incidentId?: IncidentId;
  /** The principal of the key that reported the incident. */
  readonly reporter?: string;
  /** Chats where the incident or, unless there is a reporter, a duplicate of it was reported. */
  readonly chats?: readonly ChatScope[];
}

/** A page of events in the order of the feed. */
export interface FeedPage {
  readonly events: readonly FeedEvent[];
  /** The position up to which the feed was read, including events that the filter excludes. */
  readonly next: FeedPosition;
  /** Whether the feed had further events when it was read; the filter may exclude them. */
  readonly hasMore: boolean;
}

/** The incidents of a part of the feed. */
export interface ChangedIncidents {
  /** Each once; some may have changed before the start. */
  readonly ids: readonly IncidentId[];
  /** The position up to which the feed was read. */
  readonly next: FeedPosition;
  /** Whether the feed had further events when it was read. */
  readonly hasMore: boolean;
}

/** All events in one order, the same for every reader: an event that commits later has a higher position. */
export abstract class EventFeed {
  /**
   * The first events after this start that match the filter. It reads a bounded part of the feed: a page may have few events or
   * none, and `next` is where to continue. Concurrent reads that are equal share one, and principals take turns.
   * @param limit from 1 to MAX_FEED_PAGE. A page ends earlier if its texts exceed 1 MiB.
   * @param workload who reads; by default the service itself.
   * @throws FeedPositionGone if events after the start may be missing
   * @throws StoreUnavailable, at once if too many reads are queued
   */
  abstract read(start: FeedStart, filter: FeedFilter, limit: number, workload?: Workload): Promise<FeedPage>;

  /**
   * The incidents of up to 2,000 events after a position, without the events.
   * @throws FeedPositionGone if events after the position may be missing
   * @throws StoreUnavailable
   */
  abstract changedIncidents(after: FeedPosition): Promise<ChangedIncidents>;

  /**
   * The position of a start; a position resolves to itself.
   * @throws FeedPositionGone, StoreUnavailable
   */
  abstract resolve(start: FeedStart): Promise<FeedPosition>;

  /** Calls back when this process has added events. Readers find events of other processes by polling. */
  abstract onAdded(listener: () => void): void;
}

/** Whether the event matches the filter, as in `read`. */
export function matchesFilter(event: FeedEvent, filter: FeedFilter): boolean {
  const { statuses, sources, incidentId, reporter } = filter;
  return (
    (statuses === undefined || statuses.includes(event.status)) &&
    (sources === undefined || sources.includes(event.source)) &&
    (incidentId === undefined || event.incidentId === incidentId) &&
    (reporter === undefined || event.reporter === reporter) &&
    isOfChats(event, filter)
  );
}

/** A reporter does not learn where others have reported duplicates. */
function isOfChats({ origin, duplicateChats }: FeedEvent, { chats, reporter }: FeedFilter): boolean {
  if (chats === undefined) return true;
  const chat = chatOf(origin);
  if (chat !== undefined && chats.includes(chat)) return true;
  return reporter === undefined && duplicateChats.some((duplicateChat) => chats.includes(duplicateChat));
}
