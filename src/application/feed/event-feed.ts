import type { FeedPosition, FeedStart } from '../../domain/feed/feed-position.js';
import type { IncidentEvent } from '../../domain/incident/incident-events.js';
import type { IncidentSource } from '../../domain/incident/incident-source.js';
import type { IncidentStatus } from '../../domain/incident/incident-status.js';
import type { IncidentId } from '../../domain/incident/incident.js';

/** How many events a page has at most. */
export const MAX_FEED_PAGE = 500;

/** An event of the history at its position in the feed. */
export interface FeedEvent {
  readonly position: FeedPosition;
  readonly incidentId: IncidentId;
  readonly event: IncidentEvent;
  readonly source: IncidentSource;
  /** The status of the incident after this event. */
  readonly status: IncidentStatus;
  /** The principal of the key that reported the incident; undefined where no key of the database did. */
  readonly reporter: string | undefined;
}

/** Which events are wanted. What is undefined does not matter. */
export interface FeedFilter {
  readonly statuses?: readonly IncidentStatus[];
  readonly sources?: readonly IncidentSource[];
  readonly incidentId?: IncidentId;
  /** The principal of the key that has reported the incident. */
  readonly reporter?: string;
}

/** Some events in the order of the feed. */
export interface FeedPage {
  readonly events: readonly FeedEvent[];
  /** Up to where the feed was read, events that the filter leaves out included. */
  readonly next: FeedPosition;
  /** Whether the feed had further events when it was read; the filter may leave them out. */
  readonly hasMore: boolean;
}

/** All events in one order, which is the same for every reader: an event that is committed later has a higher position. */
export abstract class EventFeed {
  /**
   * The first events after this start that the filter wants. It reads a bounded part of the feed: a page may have few events,
   * or none, and `next` leads on.
   * @param limit from 1 to MAX_FEED_PAGE. A page ends earlier where its texts are over 1 MiB.
   * @throws FeedPositionGone where events after the start may be missing
   * @throws StoreUnavailable
   */
  abstract read(start: FeedStart, filter: FeedFilter, limit: number): Promise<FeedPage>;

  /**
   * The position of a start, which is itself where it is one.
   * @throws FeedPositionGone, StoreUnavailable
   */
  abstract resolve(start: FeedStart): Promise<FeedPosition>;

  /** Calls back when this process has added events. Those of other processes are found by reading. */
  abstract onAdded(listener: () => void): void;
}

/** Whether the filter wants this event: the same as the filter of `read`. */
export function isWanted(event: FeedEvent, { statuses, sources, incidentId, reporter }: FeedFilter): boolean {
  return (
    (statuses === undefined || statuses.includes(event.status)) &&
    (sources === undefined || sources.includes(event.source)) &&
    (incidentId === undefined || event.incidentId === incidentId) &&
    (reporter === undefined || event.reporter === reporter)
  );
}
