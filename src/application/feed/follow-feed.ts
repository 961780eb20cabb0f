import { Injectable } from '@nestjs/common';
import type { FeedStart } from '../../domain/feed/feed-position.js';
import { EventFeed, type FeedFilter, type FeedPage, isWanted, MAX_FEED_PAGE } from './event-feed.js';
import { FeedTail } from './feed-tail.js';

export interface FollowOptions {
  readonly start: FeedStart;
  readonly filter?: FeedFilter;
  /** How many events a page has at most. */
  readonly limit?: number;
  /** After so much time without events an empty page is given, in milliseconds. */
  readonly idleMs: number;
  /** Aborted, it ends the iteration. */
  readonly signal: AbortSignal;
}

/** Reads the feed on and on: what there is by pages, and what comes by waiting at its end. */
@Injectable()
export class FollowFeed {
  constructor(
    private readonly feed: EventFeed,
    private readonly tail: FeedTail,
  ) {}

  /**
   * Pages from the start on. Each event that the filter wants is in one of them, in the order of the feed. A page is read when it is
   * asked for: a reader that is slow keeps no events waiting.
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
        (event) => event.position.number > after.number && isWanted(event, filter),
      );
      const isWhole = events !== undefined && events.length <= limit;
      // The tail may have begun at an earlier position than this reader's.
      if (isWhole && added!.next.number >= after.number) page = { ...added!, events };
      else page = await this.feed.read(after, filter, limit);
    }
  }
}
