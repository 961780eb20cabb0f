import { Injectable } from '@nestjs/common';
import {
  CONSUMER_LEASE_MS,
  type ConsumerManager,
  type ConsumerProgress,
  type FeedConsumer,
  FeedConsumers,
} from '../../../application/feed/feed-consumers.js';
import type { FeedPosition } from '../../../domain/feed/feed-position.js';
import { Database } from '../connection/database.js';
import { fromRow, type RowOf } from '../connection/row.js';
import { prepared } from '../connection/statement.js';

/** The number of events without a position, and the age of the oldest in seconds. */
export const UNPLACED = `
    SELECT (SELECT coalesce(sum(cardinality(seqs)), 0) FROM feed_queue) AS events,
      coalesce(extract(epoch FROM now() - (
        SELECT at FROM incident_events
        WHERE (incident_id, seq) = (SELECT incident_ids[1], seqs[1] FROM feed_queue ORDER BY number LIMIT 1)
      )), 0)::float8 AS age`;

/** All consumers, or the one of this name. Positions have no gaps, so their difference is a number of events. */
export const FIND_CONSUMERS = prepared(`
  WITH unplaced AS MATERIALIZED (${UNPLACED}),
    state AS MATERIALIZED (SELECT feed_epoch() AS epoch, latest FROM feed_state)
  SELECT name, owner, epoch, position AS number, metadata, created_at AS "createdAt", last_seen_at AS "lastSeenAt",
    greatest(extract(epoch FROM now() - last_seen_at), 0)::float8 AS "lastSeenAgeSeconds",
    latest - position + events AS lag,
    greatest(unplaced.age, extract(epoch FROM now() - (
      SELECT placed_at FROM feed WHERE last_position > position ORDER BY last_position LIMIT 1
    )), 0)::float8 AS "lagSeconds"
  FROM feed_consumers, state, unplaced
  WHERE $1::text IS NULL OR name = $1
  ORDER BY name`);

/**
 * Stores nothing if the consumer belongs to another principal, unless `isAdmin` ($4) holds, or if another instance than $7 holds it.
 * $6 says whether an existing consumer keeps its metadata, and $8 whether it keeps its lease. A process of the service that holds the lease
 * continues from the new position: see `ConsumerLease`.
 */
export const STORE_CONSUMER = prepared(`
  INSERT INTO feed_consumers AS stored (name, position, owner, metadata, leased_by, leased_until)
  VALUES ($1, $2, $3, $5, $7::uuid, CASE WHEN $7 IS NOT NULL THEN now() + ${CONSUMER_LEASE_MS} * interval '1 millisecond' END)
  ON CONFLICT (name) DO UPDATE SET position = excluded.position, last_seen_at = now(),
    metadata = CASE WHEN $6 THEN stored.metadata ELSE excluded.metadata END,
    leased_by = CASE WHEN $8 THEN stored.leased_by ELSE excluded.leased_by END,
    leased_until = CASE WHEN $8 THEN stored.leased_until ELSE excluded.leased_until END
  WHERE ($4 OR stored.owner = excluded.owner)
    AND ($7 IS NULL OR stored.leased_by = $7 OR stored.leased_until > now() IS NOT TRUE)
  RETURNING xmax = 0 AS is_new`);

export const DELETE_CONSUMER = prepared('DELETE FROM feed_consumers WHERE name = $1 RETURNING name');

type ConsumerRow = RowOf<Omit<FeedConsumer, 'position'>> & {
  readonly epoch: number;
  readonly number: number;
};

/** Consumers in PostgreSQL. After a restore, their positions are those of the backup, in the new epoch. */
@Injectable()
export class PostgresFeedConsumers extends FeedConsumers {
  constructor(private readonly database: Database) {
    super();
  }

  list(): Promise<FeedConsumer[]> {
    return this.select(null);
  }

  async find(name: string): Promise<FeedConsumer | undefined> {
    return (await this.select(name))[0];
  }

  async store(
    name: string,
    { position: { number }, metadata, holder }: ConsumerProgress<FeedPosition>,
    { principal, isAdmin }: ConsumerManager,
  ): Promise<boolean | undefined> {
    const values = [
      name,
      number,
      principal,
      isAdmin,
      metadata ?? null,
      metadata === undefined,
      holder ?? null,
      holder === undefined,
    ];
    const [row] = await this.database.change<{ is_new: boolean }>(STORE_CONSUMER, values);
    return row?.is_new;
  }

  async delete(name: string): Promise<boolean> {
    return (await this.database.change(DELETE_CONSUMER, [name])).length > 0;
  }

  /** The age of the oldest event without a position; 0 if there is none. */
  async unplacedAgeSeconds(): Promise<number> {
    const [row] = await this.database.query<{ age: number }>(UNPLACED);
    return Math.max(row!.age, 0);
  }

  private async select(name: string | null): Promise<FeedConsumer[]> {
    return (await this.database.query<ConsumerRow>(FIND_CONSUMERS, [name])).map(toConsumer);
  }
}

function toConsumer({ epoch, number, ...row }: ConsumerRow): FeedConsumer {
  return { ...fromRow<Omit<FeedConsumer, 'position'>>(row), position: { epoch, number } };
}
