import { Injectable } from '@nestjs/common';
import type { FeedStart } from '../../domain/feed/feed-position.js';
import { EventFeed, type FeedFilter, type FeedPage, matchesFilter, MAX_FEED_PAGE } from './event-feed.js';
import { FeedTail } from './feed-tail.js';

export interface FollowOptions {
  readonly start: FeedStart;
  readonly filter?: FeedFilter;
  /** The maximum number of events of a page. */
  readonly limit?: number;
  /** The time without events after which an empty page is yielded. */
  readonly idleMs: number;
  /** Ends the iteration when it is aborted. */
  readonly signal: AbortSignal;
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
  }: FollowOptions): AsyncGenerator<FeedPage, void> {
    let page = await this.feed.read(start, filter, limit);
    for (;;) {
      yield page;
      if (signal.aborted) return;
      const { next: after, hasMore } = page;
      const added = hasMore ? undefined : await this.tail.next(after, idleMs, signal);
      if (signal.aborted) return;
      const events = added?.events.filter(
        (event) => event.position.number > after.number && matchesFilter(event, filter),
      );
      const isWhole = events !== undefined && events.length <= limit;
      // The tail may have begun at an earlier position than this reader's.
      if (isWhole && added!.next.number >= after.number) page = { ...added!, events };
      else page = await this.feed.read(after, filter, limit);
    }
  }
}
