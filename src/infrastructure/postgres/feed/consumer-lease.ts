import { randomUUID } from 'node:crypto';
import { CONSUMER_LEASE_MS } from '../../../application/feed/feed-consumers.js';
import type { FeedPosition } from '../../../domain/feed/feed-position.js';
import type { Database } from '../connection/database.js';
import { prepared } from '../connection/statement.js';

/** A new consumer starts at the latest position: it does not get earlier events. */
export const REGISTER_CONSUMER = prepared(`
  INSERT INTO feed_consumers (name, position)
  SELECT $1, latest FROM feed_state
  ON CONFLICT (name) DO NOTHING`);

export const ACQUIRE_LEASE = prepared(`
  UPDATE feed_consumers
  SET leased_by = $2, leased_until = now() + ${CONSUMER_LEASE_MS} * interval '1 millisecond', last_seen_at = now()
  WHERE name = $1 AND (leased_by = $2 OR leased_until IS NULL OR leased_until < now())
  RETURNING feed_epoch() AS epoch, position AS number`);

/** Advances only from the position that this process has read: a position that was stored meanwhile stays. */
export const ADVANCE_CONSUMER = prepared(`
  UPDATE feed_consumers SET position = $4
  WHERE name = $1 AND leased_by = $2 AND position = $3
  RETURNING position`);

export const RELEASE_LEASE = prepared(
  'UPDATE feed_consumers SET leased_by = NULL, leased_until = NULL WHERE name = $1 AND leased_by = $2',
);

/** The right of a process to read for a consumer until the lease ends. */
export interface Lease {
  readonly position: FeedPosition;
  /** As `performance.now()`: afterwards another process may acquire the lease. */
  readonly until: number;
}

/** Lets one process at a time read for a consumer. Every method may throw StoreUnavailable. */
export class ConsumerLease {
  private readonly owner = randomUUID();

  constructor(
    private readonly database: Database,
    private readonly consumer: string,
  ) {}

  /** Creates the consumer at the latest position if it does not exist. */
  async register(): Promise<void> {
    await this.database.query(REGISTER_CONSUMER, [this.consumer]);
  }

  /** Acquires or renews the lease. @returns undefined if another process holds it, or the consumer was deleted. */
  async acquire(): Promise<Lease | undefined> {
    const until = performance.now() + CONSUMER_LEASE_MS;
    const values = [this.consumer, this.owner];
    const [position] = await this.database.query<FeedPosition>(ACQUIRE_LEASE, values);
    return position && { position, until };
  }

  /** Stores the position up to which this process has read. @returns false if its position or its lease changed meanwhile. */
  async advance(from: FeedPosition, to: FeedPosition): Promise<boolean> {
    const values = [this.consumer, this.owner, from.number, to.number];
    return (await this.database.query(ADVANCE_CONSUMER, values)).length > 0;
  }

  async release(): Promise<void> {
    await this.database.query(RELEASE_LEASE, [this.consumer, this.owner]);
  }
}
