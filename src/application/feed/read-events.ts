import { Injectable } from '@nestjs/common';
import type { FeedPage } from './event-feed.js';
import { FollowFeed, type FollowOptions } from './follow-feed.js';

/** How long a page looks for events that the filter wants among those that are there, in milliseconds. */
const SCAN_BUDGET_MS = 500;

export interface ReadEventsQuery extends Omit<FollowOptions, 'idleMs'> {
  /** How long to wait for an event where there is none, in milliseconds. */
  readonly waitMs: number;
}

/** Reads a page of the feed, and waits for it where nothing is there yet. */
@Injectable()
export class ReadEvents {
  constructor(private readonly followFeed: FollowFeed) {}

  /**
   * @param onWait is called before it begins to wait.
   * @throws FeedPositionGone, StoreUnavailable
   */
  async execute({ waitMs, signal, ...query }: ReadEventsQuery, onWait: () => void): Promise<FeedPage> {
    const isOver = AbortSignal.any([signal, AbortSignal.timeout(Math.max(waitMs, SCAN_BUDGET_MS))]);
    let page!: FeedPage;
    for await (page of this.followFeed.execute({ ...query, idleMs: waitMs, signal: isOver })) {
      if (page.events.length > 0) break;
      if (page.hasMore) continue;
      if (waitMs === 0) break;
      onWait();
    }
    return page;
  }
}
