import type { FeedPosition } from '../../domain/feed/feed-position.js';

/** The consumers of the service's own processes: only an administrator may create or change them over the API. */
export const SERVICE_CONSUMERS = { kafka: 'kafka', attention: 'attention' } as const;

/** The client that changes a consumer. */
export interface ConsumerManager {
  readonly principal: string;
  /** Whether it may also change consumers of other principals. */
  readonly isAdmin: boolean;
}

/** How long the instance of a consumer's reader that has stored last keeps others from it. */
export const CONSUMER_LEASE_MS = 30_000;

/** The maximum length of the metadata of a consumer, in Unicode code points. */
export const MAX_METADATA_LENGTH = 4_096;

/** Up to where a consumer has read. */
export interface ConsumerProgress<Position> {
  readonly position: Position;
  /** Null removes the metadata, undefined leaves it as it is. */
  readonly metadata?: string | null | undefined;
  /**
   * The instance of the reader that stores this, a UUID: for `CONSUMER_LEASE_MS`, no other instance can store. Null ends that; undefined
   * leaves it as it is.
   */
  readonly holder?: string | null | undefined;
}

/** A named reader of the feed, and the position up to which it has read. */
export interface FeedConsumer {
  readonly name: string;
  readonly position: FeedPosition;
  /** A text of its own, stored together with its position. */
  readonly metadata: string | undefined;
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
   * Stores the progress of a consumer at once, or creates the consumer for this principal. An existing consumer keeps its owner.
   * @returns whether it was created; undefined if it belongs to another principal, and the manager is no admin, or if another
   * instance holds it.
   */
  abstract store(
    name: string,
    progress: ConsumerProgress<FeedPosition>,
    manager: ConsumerManager,
  ): Promise<boolean | undefined>;

  /** @returns whether the consumer existed. */
  abstract delete(name: string): Promise<boolean>;
}
