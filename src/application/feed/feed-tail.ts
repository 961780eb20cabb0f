import { Injectable } from '@nestjs/common';
import type { FeedPosition, FeedStart } from '../../domain/feed/feed-position.js';
import { WakeSignal } from '../../shared/wake-signal.js';
import { EventFeed, type FeedPage, MAX_FEED_PAGE } from './event-feed.js';

/** The interval of polls for events of other processes while a reader waits. */
const POLL_MS = 250;

interface Waiter {
  readonly after: FeedPosition;
  settle(page: FeedPage | undefined): void;
}

/**
 * The end of the feed, read once for all readers of this process that have reached it. It buffers no events: a reader that falls
 * behind reads its own pages.
 */
@Injectable()
export class FeedTail {
  private readonly waiting = new Set<Waiter>();
  /** Where the next read begins; undefined while no reader waits. */
  private position: FeedPosition | undefined;
  private readonly added = new WakeSignal();

  constructor(private readonly feed: EventFeed) {
    feed.onAdded(() => this.added.send());
  }

  /** Whether the next read begins at this position: a reader that starts there and waits needs no read of its own. */
  isAt(start: FeedStart): start is FeedPosition {
    const { position } = this;
    return (
      position !== undefined &&
      typeof start !== 'string' &&
      start.epoch === position.epoch &&
      start.number === position.number
    );
  }

  /**
   * Resolves with the next page that leads past the position, and may begin before it; or with an empty page once the timeout
   * ends or the signal is aborted.
   * @returns undefined if the position is behind the end, or the feed cannot be read. Then the reader should read its own page.
   */
  next(after: FeedPosition, timeoutMs: number, signal: AbortSignal): Promise<FeedPage | undefined> {
    const { position } = this;
    const isBehind =
      position !== undefined && (position.epoch !== after.epoch || position.number > after.number);
    if (isBehind) return Promise.resolve(undefined);
    if (signal.aborted) return Promise.resolve(emptyPage(after));
    return new Promise((resolve) => {
      const settle = (page: FeedPage | undefined) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', settleEmpty);
        this.waiting.delete(waiter);
        resolve(page);
      };
      const settleEmpty = () => settle(emptyPage(after));
      const waiter = { after, settle };
      const timer = setTimeout(settleEmpty, timeoutMs);
      signal.addEventListener('abort', settleEmpty);
      this.waiting.add(waiter);
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
        if (page.events.length > 0) this.settleUpTo(page);
        // Lets readers that have handled their events call `next` again.
        await new Promise(setImmediate);
        if (!page.hasMore) await this.added.wait(POLL_MS);
      }
    } catch {
      // Each reader gets the error from its own read.
      for (const waiter of this.waiting) waiter.settle(undefined);
    } finally {
      this.position = undefined;
    }
  }

  /** Settles the readers that the page leads on. Others have read further than the tail, and wait until it has caught up. */
  private settleUpTo(page: FeedPage): void {
    for (const waiter of this.waiting) if (waiter.after.number < page.next.number) waiter.settle(page);
  }
}

/** The page of a reader that has reached the end. */
export function emptyPage(at: FeedPosition): FeedPage {
  return { events: [], next: at, hasMore: false };
}
