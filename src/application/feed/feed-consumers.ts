import type { FeedPosition } from '../../domain/feed/feed-position.js';

/** How many events after a consumer's position are counted. */
export const MAX_COUNTED_LAG = 100_000;

/** A named reader of the feed, and the position up to which it has read. */
export interface FeedConsumer {
  readonly name: string;
  readonly position: FeedPosition;
  /** The principal of the key that created it; undefined for a part of the service. */
  readonly owner: string | undefined;
  readonly createdAt: Date;
  /** When its position was last stored, or a process last said that it reads for it. */
  readonly lastSeenAt: Date;
}

/** How far a consumer is behind. */
export interface ConsumerLag {
  /** Events that it has not read, up to MAX_COUNTED_LAG. */
  readonly events: number;
  /** How long the oldest of them has waited, in seconds; 0 without one. */
  readonly ageSeconds: number;
}

/** Where the positions of named readers are stored. All of it may throw StoreUnavailable. */
export abstract class FeedConsumers {
  /** All of them, by name. */
  abstract list(): Promise<FeedConsumer[]>;

  abstract find(name: string): Promise<FeedConsumer | undefined>;

  /** Stores the position of a consumer, which is created where there is none of the name; the owner of one that there is stays. */
  abstract store(
    name: string,
    position: FeedPosition,
    owner: string,
  ): Promise<{ readonly consumer: FeedConsumer; readonly isNew: boolean }>;

  /** @returns whether there was one. */
  abstract delete(name: string): Promise<boolean>;

  /** How far a reader at this position is behind. */
  abstract lagAt(position: FeedPosition): Promise<ConsumerLag>;
}
