import type { FeedPosition } from '../../domain/feed/feed-position.js';

/** A named reader of the feed, and the position up to which it has read. */
export interface FeedConsumer {
  readonly name: string;
  readonly position: FeedPosition;
  /** The principal of the key that created it; undefined for a consumer inside the service. */
  readonly owner: string | undefined;
  readonly createdAt: Date;
  /** When its position was last stored, or a process last renewed its lease. */
  readonly lastSeenAt: Date;
  /** The time since `lastSeenAt`. */
  readonly lastSeenAgeSeconds: number;
  /** The number of events that it has not read. */
  readonly lag: number;
  /** The age of the oldest unread event; 0 if there is none. */
  readonly lagSeconds: number;
}

/** Stores the positions of named readers. Every method may throw StoreUnavailable. */
export abstract class FeedConsumers {
  /** All consumers, by name. */
  abstract list(): Promise<FeedConsumer[]>;

  abstract find(name: string): Promise<FeedConsumer | undefined>;

  /**
   * Stores the position of a consumer, or creates the consumer. An existing consumer keeps its owner.
   * @returns whether it was created.
   */
  abstract store(name: string, position: FeedPosition, owner: string): Promise<boolean>;

  /** @returns whether the consumer existed. */
  abstract delete(name: string): Promise<boolean>;
}
