import { Injectable } from '@nestjs/common';
import type { FeedPosition } from '../../domain/feed/feed-position.js';
import { WakeSignal } from '../../shared/wake-signal.js';
import { EventFeed, type FeedPage, MAX_FEED_PAGE } from './event-feed.js';

/** How often new events of other processes are looked for while somebody waits, in milliseconds. */
const POLL_MS = 250;

/**
 * The end of the feed, read once for all readers of this process that have reached it. It keeps no events: a reader that is
 * slower than the others falls behind, and reads pages of its own.
 */
@Injectable()
export class FeedTail {
  private readonly waiting = new Set<(page: FeedPage | undefined) => void>();
  /** Where the next read begins; undefined while nobody waits. */
  private position: FeedPosition | undefined;
  private readonly added = new WakeSignal();

  constructor(private readonly feed: EventFeed) {
    feed.onAdded(() => this.added.send());
  }

  /**
   * Resolves with the next events of the feed. Some of them may be at or before the position.
   * @returns undefined where the position is behind the end, after the timeout, once the signal is aborted, and where the feed
   *   cannot be read: then the reader should read by itself.
   */
  next(after: FeedPosition, timeoutMs: number, signal: AbortSignal): Promise<FeedPage | undefined> {
    const { position } = this;
    const isBehind =
      position !== undefined && (position.epoch !== after.epoch || position.number > after.number);
    if (isBehind || signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const settle = (page: FeedPage | undefined) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.waiting.delete(settle);
        resolve(page);
      };
      const giveUp = () => settle(undefined);
      const timer = setTimeout(giveUp, timeoutMs);
      signal.addEventListener('abort', giveUp);
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
        // Readers that have handled their events wait again meanwhile.
        await new Promise(setImmediate);
        if (!page.hasMore) await this.added.wait(POLL_MS);
      }
    } catch {
      // Each reader learns what is wrong from a read of its own.
      this.settleAll(undefined);
    } finally {
      this.position = undefined;
    }
  }

  private settleAll(page: FeedPage | undefined): void {
    for (const settle of this.waiting) settle(page);
  }
}
