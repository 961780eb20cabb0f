import { Injectable } from '@nestjs/common';
import type { FeedPage } from './event-feed.js';
import { FollowFeed, type FollowOptions } from './follow-feed.js';

/** The maximum time to search the existing events for matches of the filter. */
const SCAN_BUDGET_MS = 500;

export interface ReadEventsQuery extends Omit<FollowOptions, 'idleMs'> {
  /** The maximum time to wait for an event. */
  readonly waitMs: number;
}

/** Reads a page of the feed, or waits for events if there are none yet. */
@Injectable()
export class ReadEvents {
  constructor(private readonly followFeed: FollowFeed) {}

  /**
   * @param onWait is called before it waits.
   * @throws FeedPositionGone, StoreUnavailable
   */
  async execute({ waitMs, signal, ...query }: ReadEventsQuery, onWait: () => void): Promise<FeedPage> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(Math.max(waitMs, SCAN_BUDGET_MS))]);
    let page!: FeedPage;
    for await (page of this.followFeed.execute({ ...query, idleMs: waitMs, signal: deadline })) {
      if (page.events.length > 0) break;
      if (page.hasMore) continue;
      if (waitMs === 0) break;
      onWait();
    }
    return page;
  }
}
