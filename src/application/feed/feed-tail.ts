import { Injectable } from '@nestjs/common';
import type { FeedPosition } from '../../domain/feed/feed-position.js';
import { WakeSignal } from '../../shared/wake-signal.js';
import { EventFeed, type FeedPage, MAX_FEED_PAGE } from './event-feed.js';

/** The interval of polls for events of other processes while a reader waits. */
const POLL_MS = 250;

/**
 * The end of the feed, read once for all readers of this process that have reached it. It buffers no events: a reader that falls
 * behind reads its own pages.
 */
@Injectable()
export class FeedTail {
  private readonly waiting = new Set<(page: FeedPage | undefined) => void>();
  /** Where the next read begins; undefined while no reader waits. */
  private position: FeedPosition | undefined;
  private readonly added = new WakeSignal();

  constructor(private readonly feed: EventFeed) {
    feed.onAdded(() => this.added.send());
  }

  /**
   * Resolves with the next events of the feed. Some of them may be at or before the position.
   * @returns undefined if the position is behind the end, the timeout ends, the signal is aborted, or the feed cannot be read.
   *   Then the reader should read its own page.
   */
  next(after: FeedPosition, timeoutMs: number, signal: AbortSignal): Promise<FeedPage | undefined> {
    const { position } = this;
    const isBehind =
      position !== undefined && (position.epoch !== after.epoch || position.number > after.number);
    if (isBehind || signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const settle = (page: FeedPage | undefined) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', settleEmpty);
        this.waiting.delete(settle);
        resolve(page);
      };
      const settleEmpty = () => settle(undefined);
      const timer = setTimeout(settleEmpty, timeoutMs);
      signal.addEventListener('abort', settleEmpty);
      this.waiting.add(settle);
      if (position === undefined) void this.run(after);
    });
  }

  private async run(from: FeedPosition): Promise<void> {
    this.position = from;
    try {
      while (this.waiting.size > 0) {
        this.added.clear();
        const page = await this.feed.read(this.position, {}, MAX_FEED_PAGE);
        this.position = page.next;
        if (page.events.length > 0) this.settleAll(page);
        // Lets readers that have handled their events call `next` again.
        await new Promise(setImmediate);
        if (!page.hasMore) await this.added.wait(POLL_MS);
      }
    } catch {
      // Each reader gets the error from its own read.
      this.settleAll(undefined);
    } finally {
      this.position = undefined;
    }
  }

  private settleAll(page: FeedPage | undefined): void {
    for (const settle of this.waiting) settle(page);
  }
}
