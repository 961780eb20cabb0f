import { Injectable } from '@nestjs/common';
import type { Workload } from '../../domain/access/workload.js';
import type { FeedPosition, FeedStart } from '../../domain/feed/feed-position.js';
import { EventFeed, type FeedFilter, type FeedPage, matchesFilter, MAX_FEED_PAGE } from './event-feed.js';
import { emptyPage, FeedTail } from './feed-tail.js';

export interface FollowOptions {
  readonly start: FeedStart;
  readonly filter?: FeedFilter;
  /** The maximum number of events of a page. */
  readonly limit?: number;
  /** The time without events after which an empty page is yielded. */
  readonly idleMs: number;
  /** Ends the iteration when it is aborted. */
  readonly signal: AbortSignal;
  /** Who reads; by default the service itself. */
  readonly workload?: Workload;
}

/** Follows the feed: it reads existing events in pages, and then waits for new ones. */
@Injectable()
export class FollowFeed {
  constructor(
    private readonly feed: EventFeed,
    private readonly tail: FeedTail,
  ) {}

  /**
   * Yields pages from the start on. Each event that matches the filter is in one of them, in the order of the feed. A page is read
   * when the reader requests it, so no events are buffered for a slow reader.
   * @throws FeedPositionGone, StoreUnavailable
   */
  async *execute({
    start,
    filter = {},
    limit = MAX_FEED_PAGE,
    idleMs,
    signal,
    workload,
  }: FollowOptions): AsyncGenerator<FeedPage, void> {
    const joinsTail = idleMs > 0 && this.tail.isAt(start);
    let page = joinsTail ? emptyPage(start) : await this.feed.read(start, filter, limit, workload);
    for (;;) {
      yield page;
      if (signal.aborted) return;
      const { next: after, hasMore } = page;
      const added = hasMore ? undefined : await this.tail.next(after, idleMs, signal);
      if (signal.aborted) return;
      page = added
        ? selectEvents(added, after, filter, limit)
        : await this.feed.read(after, filter, limit, workload);
    }
  }
}

/** The first events of a page of the tail that are after the position and match the filter. */
function selectEvents(page: FeedPage, after: FeedPosition, filter: FeedFilter, limit: number): FeedPage {
  const events = page.events.filter(
    (event) => event.position.number > after.number && matchesFilter(event, filter),
  );
  if (events.length <= limit) return { ...page, events };
  const first = events.slice(0, limit);
  return { events: first, next: first.at(-1)!.position, hasMore: true };
}
