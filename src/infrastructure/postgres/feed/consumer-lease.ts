import { randomUUID } from 'node:crypto';
import type { FeedPosition } from '../../../domain/feed/feed-position.js';
import type { Database, Statement } from '../connection/database.js';

/** For how long a consumer belongs to a process, in milliseconds. */
export const LEASE_MS = 30_000;

/** A consumer begins with the present: events of before are not for it. */
export const REGISTER_CONSUMER: Statement = {
  name: 'register-feed-consumer',
  text: `
    INSERT INTO feed_consumers (name, position)
    SELECT $1, latest FROM feed_state
    ON CONFLICT (name) DO NOTHING`,
};

export const ACQUIRE_LEASE: Statement = {
  name: 'acquire-feed-lease',
  text: `
    UPDATE feed_consumers
    SET leased_by = $2, leased_until = now() + ${LEASE_MS} * interval '1 millisecond', last_seen_at = now()
    FROM feed_state
    WHERE name = $1 AND (leased_by = $2 OR leased_until IS NULL OR leased_until < now())
    RETURNING epoch, position`,
};

/** Only from where this process has read: a position that was stored meanwhile stays. */
export const ADVANCE_CONSUMER: Statement = {
  name: 'advance-feed-consumer',
  text: `
    UPDATE feed_consumers SET position = $4
    WHERE name = $1 AND leased_by = $2 AND position = $3
    RETURNING position`,
};

export const RELEASE_LEASE: Statement = {
  name: 'release-feed-lease',
  text: 'UPDATE feed_consumers SET leased_by = NULL, leased_until = NULL WHERE name = $1 AND leased_by = $2',
};

/** What a process may do for a consumer until the lease ends. */
export interface Lease {
  readonly position: FeedPosition;
  /** In milliseconds of `performance.now()`: past it another process may read for the consumer. */
  readonly until: number;
}

/** Lets one process at a time read for a consumer. All of it may throw StoreUnavailable. */
export class ConsumerLease {
  private readonly owner = randomUUID();

  constructor(
    private readonly database: Database,
    private readonly consumer: string,
  ) {}

  /** Creates the consumer where there is none; it begins with the present. */
  async register(): Promise<void> {
    await this.database.query(REGISTER_CONSUMER, [this.consumer]);
  }

  /** Takes the consumer, or extends the lease. @returns undefined where another process has it, or it was deleted. */
  async acquire(): Promise<Lease | undefined> {
    const until = performance.now() + LEASE_MS;
    const values = [this.consumer, this.owner];
    const [row] = await this.database.query<{ epoch: number; position: number }>(ACQUIRE_LEASE, values);
    return row && { position: { epoch: row.epoch, number: row.position }, until };
  }

  /** Stores how far this process has read. @returns false where the consumer was moved meanwhile, or taken by another process. */
  async advance(from: FeedPosition, to: FeedPosition): Promise<boolean> {
    const values = [this.consumer, this.owner, from.number, to.number];
    return (await this.database.query(ADVANCE_CONSUMER, values)).length > 0;
  }

  async release(): Promise<void> {
    await this.database.query(RELEASE_LEASE, [this.consumer, this.owner]);
  }
}
