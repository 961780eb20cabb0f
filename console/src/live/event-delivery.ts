import type { MonotonicClock } from '../../../src/shared/time/monotonic-clock.js';
import type { FeedEvent } from './feed.js';

/** The shortest time between two deliveries: a person sees no difference, and the page renders ten times a second at most. */
const INTERVAL_MS = 100;

/** More would make a long task. */
const MAX_BATCH = 200;

/** More than these are not delivered: reading the lists again costs less. */
const MAX_PENDING = 2_000;

/** Who gets the events. They must not throw. */
export interface EventHandlers {
  /** Events in the order of the feed; each is delivered once. */
  onEvents(events: readonly FeedEvent[]): void;
  /** Events may be missing: what was read from the API has to be read again. */
  onReset(): void;
}

/** Delivers events in batches, at once after a pause and every 100 ms in a storm, with bounded memory. */
export class EventDelivery {
  private readonly subscribers = new Set<EventHandlers>();
  private pending: FeedEvent[] = [];
  private mustReset = false;
  private isScheduled = false;
  private lastMs = -Infinity;

  constructor(private readonly clock: MonotonicClock) {}

  subscribe(handlers: EventHandlers): () => void {
    this.subscribers.add(handlers);
    return () => this.subscribers.delete(handlers);
  }

  add(events: readonly FeedEvent[]): void {
    if (events.length === 0 || this.subscribers.size === 0) return;
    this.pending.push(...events);
    if (this.pending.length > MAX_PENDING) this.reset();
    else this.schedule();
  }

  /** Drops what is not delivered yet. */
  reset(): void {
    this.pending = [];
    this.mustReset = true;
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    void this.deliverLater();
  }

  private async deliverLater(): Promise<void> {
    await this.clock.sleep(Math.max(this.lastMs + INTERVAL_MS - this.clock.now(), 0));
    this.isScheduled = false;
    this.lastMs = this.clock.now();
    const mustReset = this.mustReset;
    const batch = this.pending.splice(0, MAX_BATCH);
    this.mustReset = false;
    if (this.pending.length > 0) this.schedule();
    for (const handlers of this.subscribers) {
      if (mustReset) handlers.onReset();
      if (batch.length > 0) handlers.onEvents(batch);
    }
  }
}
