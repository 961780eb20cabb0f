import type { FeedPosition } from '../../domain/feed/feed-position.js';

/** A named reader of the feed, and the position up to which it has read. */
export interface FeedConsumer {
  readonly name: string;
  readonly position: FeedPosition;
  /** The principal of the key that created it; undefined for a part of the service. */
  readonly owner: string | undefined;
  readonly createdAt: Date;
  /** When its position was last stored, or a process last said that it reads for it. */
  readonly lastSeenAt: Date;
  /** How long ago that was, in seconds. */
  readonly lastSeenAgeSeconds: number;
  /** Events that it has not read. */
  readonly lag: number;
  /** How long the oldest of them has waited, in seconds; 0 without one. */
  readonly lagSeconds: number;
}

/** Where the positions of named readers are stored. All of it may throw StoreUnavailable. */
export abstract class FeedConsumers {
  /** All of them, by name. */
  abstract list(): Promise<FeedConsumer[]>;

  abstract find(name: string): Promise<FeedConsumer | undefined>;

  /**
   * Stores the position of a consumer, which is created where there is none of the name; the owner of one that there is stays.
   * @returns whether it was created.
   */
  abstract store(name: string, position: FeedPosition, owner: string): Promise<boolean>;

  /** @returns whether there was one. */
  abstract delete(name: string): Promise<boolean>;
}
