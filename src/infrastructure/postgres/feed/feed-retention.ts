import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Database, type Statement } from '../connection/database.js';
import { MAX_BATCH, Retention } from '../schema/retention.js';

/**
 * Trims the beginning of the feed: events older than the first number of days that every consumer has read, and all events older
 * than the second. The same statement stores the new beginning of the feed, so that a reader never mistakes a gap for it.
 */
export const TRIM_FEED: Statement = {
  name: 'trim-feed',
  text: `
    WITH oldest AS MATERIALIZED (
      SELECT last_position, placed_at FROM feed ORDER BY last_position LIMIT ${MAX_BATCH}
    ), last AS MATERIALIZED (
      SELECT max(last_position) AS position FROM oldest
      WHERE placed_at < now() - $2 * interval '1 day'
        OR (placed_at < now() - $1 * interval '1 day'
          AND last_position <= coalesce((SELECT min(position) FROM feed_consumers), last_position))
    ), trimmed AS (
      DELETE FROM feed WHERE last_position <= (SELECT position FROM last) RETURNING 1
    ), stored AS (
      UPDATE feed_state SET trimmed_to = greatest(trimmed_to, (SELECT position FROM last))
      WHERE (SELECT position FROM last) IS NOT NULL
    )
    SELECT count(*) AS deleted FROM trimmed`,
};

/** Trims the event feed. The history itself stays. */
@Injectable()
export class FeedRetention extends Retention {
  constructor(database: Database, { FEED_RETENTION_DAYS, FEED_MAX_RETENTION_DAYS }: Config) {
    const days = [FEED_RETENTION_DAYS, Math.max(FEED_RETENTION_DAYS, FEED_MAX_RETENTION_DAYS)];
    super(database, 'old events of the feed', [TRIM_FEED], days);
  }
}
