import { Injectable } from '@nestjs/common';
import type { FeedPosition } from '../../domain/feed/feed-position.js';
import { sleepUnlessAborted } from '../../shared/abort.js';
import { WakeSignal } from '../../shared/wake-signal.js';
import { type ChangedIncidents, EventFeed } from './event-feed.js';

/** The interval of reads under load: fewer reads have more incidents each, and every incident once. */
const INTERVAL_MS = 250;

export interface FollowIncidentsOptions {
  readonly start: FeedPosition;
  /** The time without events after which a page without incidents is yielded. */
  readonly idleMs: number;
  /** Ends the iteration when it is aborted. */
  readonly signal: AbortSignal;
}

/** Follows which incidents change. It costs a small part of what following their events does. */
@Injectable()
export class FollowIncidents {
  private readonly listeners = new Set<WakeSignal>();

  constructor(private readonly feed: EventFeed) {
    feed.onAdded(() => {
      for (const listener of this.listeners) listener.send();
    });
  }

  /**
   * Yields the incidents of the events after the start, in the order of the feed. An incident is in several pages if it changes
   * meanwhile, and may be in one without having changed.
   * @throws FeedPositionGone, StoreUnavailable
   */
  async *execute({ start, idleMs, signal }: FollowIncidentsOptions): AsyncGenerator<ChangedIncidents, void> {
    const added = new WakeSignal();
    const onAbort = () => added.send();
    this.listeners.add(added);
    signal.addEventListener('abort', onAbort);
    try {
      let after = start;
      while (!signal.aborted) {
        added.clear();
        const page = await this.feed.changedIncidents(after);
        yield page;
        after = page.next;
        if (page.hasMore || signal.aborted) continue;
        if (await sleepUnlessAborted(INTERVAL_MS, signal)) await added.wait(idleMs);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.listeners.delete(added);
    }
  }
}
