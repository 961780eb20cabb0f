import { requireRequestError } from '../api/problems.js';
import type { EventDelivery } from './event-delivery.js';
import { type Feed, type FeedEvent, isAfter, latestIfGone } from './feed.js';

/** The events from one position to another. */
export interface FeedPart {
  readonly after: string;
  readonly position: string;
  readonly events: readonly FeedEvent[];
}

/** More pages than these are not read to catch up: reading the lists again costs less. */
const MAX_PAGES_BEHIND = 5;

/** The position up to which the events are delivered, each once and in order. Events that are missing are read; if they are gone, it resets. */
export class FeedCursor {
  private readonly first = Promise.withResolvers<void>();
  private current: string | undefined;
  private isCatchingUp = false;
  private isBehind = false;

  constructor(
    private readonly feed: Feed,
    private readonly delivery: EventDelivery,
  ) {}

  /** Undefined until the first one is known. */
  get position(): string | undefined {
    return this.current;
  }

  /** Resolves when the first position is known. */
  get opened(): Promise<void> {
    return this.first.promise;
  }

  /**
   * Accepts a part of the feed, in which events may be missing or be known already.
   * @param signal ends the reading of events that are missing; without it none are read.
   */
  accept({ after, position, events }: FeedPart, signal: AbortSignal | undefined): void {
    if (this.isCatchingUp) {
      this.isBehind = true;
    } else if (this.current === undefined || isAfter(position, this.current) === undefined) {
      this.moveTo(position);
    } else if (isAfter(after, this.current) === false) {
      this.advance(position, events);
    } else if (signal) {
      void this.catchUp(signal);
    }
  }

  private advance(position: string, events: readonly FeedEvent[]): void {
    const last = this.current!;
    if (!isAfter(position, last)) return;
    this.current = position;
    this.delivery.add(events.filter((event) => isAfter(event.position, last)));
  }

  /** Continues at another position, which others have to know: what was read from the API is not complete. */
  moveTo(position: string): void {
    const isFirst = this.current === undefined;
    this.current = position;
    if (isFirst) this.first.resolve();
    else this.delivery.reset();
  }

  /** Reads the events that this tab has missed while it was frozen. If it cannot, the next message of the leader leads here again. */
  private async catchUp(signal: AbortSignal): Promise<void> {
    this.isCatchingUp = true;
    try {
      for (let pages = 0, hasMore = true; hasMore || this.isBehind; pages++) {
        this.isBehind = false;
        if (pages === MAX_PAGES_BEHIND) {
          this.moveTo((await this.feed.read('latest', 0, signal)).next);
          return;
        }
        const page = await this.feed.read(this.current!, 0, signal);
        hasMore = page.has_more;
        this.advance(page.next, page.events);
      }
    } catch (error) {
      const latest = latestIfGone(error);
      if (latest !== undefined) this.moveTo(latest);
      else if (!signal.aborted) requireRequestError(error);
    } finally {
      this.isCatchingUp = false;
    }
  }
}
