import { Injectable } from '@nestjs/common';
import {
  type ConsumerLag,
  type FeedConsumer,
  FeedConsumers,
  MAX_COUNTED_LAG,
} from '../../../application/feed/feed-consumers.js';
import type { FeedPosition } from '../../../domain/feed/feed-position.js';
import { LIMITS } from '../connection/connection.js';
import { Database, type Statement } from '../connection/database.js';

const COLUMNS = 'name, owner, epoch, position, created_at, last_seen_at';

export const LIST_CONSUMERS: Statement = {
  name: 'list-feed-consumers',
  text: `SELECT ${COLUMNS} FROM feed_consumers, feed_state ORDER BY name`,
};

export const FIND_CONSUMER: Statement = {
  name: 'find-feed-consumer',
  text: `SELECT ${COLUMNS} FROM feed_consumers, feed_state WHERE name = $1`,
};

/** The process that reads for the consumer at the moment goes on from the new position: see `ConsumerLease`. */
export const STORE_CONSUMER: Statement = {
  name: 'store-feed-consumer',
  text: `
    WITH stored AS (
      INSERT INTO feed_consumers (name, position, owner) VALUES ($1, $2, $3)
      ON CONFLICT (name) DO UPDATE SET position = excluded.position, last_seen_at = now()
      RETURNING name, owner, position, created_at, last_seen_at, xmax = 0 AS is_new
    )
    SELECT ${COLUMNS}, is_new FROM stored, feed_state`,
};

export const DELETE_CONSUMER: Statement = {
  name: 'delete-feed-consumer',
  text: 'DELETE FROM feed_consumers WHERE name = $1 RETURNING name',
};

/** What is in the feed after a position, and since when, in seconds. */
export const LAG: Statement = {
  name: 'feed-lag',
  text: `
    SELECT (SELECT count(*) FROM (SELECT FROM feed WHERE position > $1 LIMIT ${MAX_COUNTED_LAG}) AS unread) AS events,
      coalesce(extract(epoch FROM now() - (
        SELECT placed_at FROM feed WHERE position > $1 ORDER BY position LIMIT 1
      )), 0)::float8 AS age`,
};

/** What has no position yet, and since when, in seconds. */
export const UNPLACED: Statement = {
  name: 'unplaced-feed-events',
  text: `
    SELECT (
        SELECT coalesce(sum(cardinality(seqs)), 0) FROM (SELECT seqs FROM feed_queue LIMIT ${MAX_COUNTED_LAG}) AS queued
      ) AS events,
      coalesce(extract(epoch FROM now() - (
        SELECT at FROM incident_events
        WHERE (incident_id, seq) = (SELECT incident_ids[1], seqs[1] FROM feed_queue ORDER BY number LIMIT 1)
      )), 0)::float8 AS age`,
};

interface ConsumerRow {
  readonly name: string;
  readonly owner: string | null;
  readonly epoch: number;
  readonly position: number;
  readonly created_at: Date;
  readonly last_seen_at: Date;
}

interface LagRow {
  readonly events: number;
  readonly age: number;
}

/** Consumers in PostgreSQL. Their positions stay with the feed: after a restore they are those of the backup, in the new epoch. */
@Injectable()
export class PostgresFeedConsumers extends FeedConsumers {
  constructor(private readonly database: Database) {
    super();
  }

  async list(): Promise<FeedConsumer[]> {
    return (await this.database.query<ConsumerRow>(LIST_CONSUMERS)).map(toConsumer);
  }

  async find(name: string): Promise<FeedConsumer | undefined> {
    const [row] = await this.database.query<ConsumerRow>(FIND_CONSUMER, [name]);
    return row && toConsumer(row);
  }

  async store(name: string, { number }: FeedPosition, owner: string) {
    const values = [name, number, owner];
    const [row] = await this.change<ConsumerRow & { is_new: boolean }>(STORE_CONSUMER, values);
    return { consumer: toConsumer(row!), isNew: row!.is_new };
  }

  async delete(name: string): Promise<boolean> {
    return (await this.change(DELETE_CONSUMER, [name])).length > 0;
  }

  async lagAt({ number }: FeedPosition): Promise<ConsumerLag> {
    const [[placed], unplaced] = await Promise.all([
      this.database.query<LagRow>(LAG, [number]),
      this.unplaced(),
    ]);
    const events = Math.min(placed!.events + unplaced.events, MAX_COUNTED_LAG);
    return { events, ageSeconds: Math.max(placed!.age, unplaced.ageSeconds) };
  }

  async unplaced(): Promise<ConsumerLag> {
    const [row] = await this.database.query<LagRow>(UNPLACED);
    return { events: row!.events, ageSeconds: Math.max(row!.age, 0) };
  }

  private change<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    return this.database.change<Row>(statement, values, performance.now() + LIMITS.total);
  }
}

function toConsumer(row: ConsumerRow): FeedConsumer {
  return {
    name: row.name,
    position: { epoch: row.epoch, number: row.position },
    owner: row.owner ?? undefined,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
  };
}
