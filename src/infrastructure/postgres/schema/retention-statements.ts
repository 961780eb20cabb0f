import { prepared, type Statement } from '../connection/statement.js';

/** The maximum number of rows that a statement deletes. */
export const MAX_DELETED = 1_000;

/**
 * Deletes a batch of rows older than the number of days in its parameter. Concurrent processes delete different rows.
 * @param time the column that determines their age; it is indexed, unless the table is small.
 */
function deletionFrom(table: string, key: string, time: string, condition = 'true'): Statement {
  return prepared(`
    WITH old AS (
      SELECT ${key} FROM ${table} WHERE ${condition} AND ${time} < now() - $1 * interval '1 day'
      ORDER BY ${time} LIMIT ${MAX_DELETED} FOR UPDATE SKIP LOCKED
    ), deleted AS (
      DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM old) RETURNING 1
    )
    SELECT count(*) AS deleted FROM deleted`);
}

export const DELETE_REQUESTS = deletionFrom('idempotency_records', 'scope, key', 'at');
/** A notification that was not received for that long is counted from the start again: its requests are deleted too. */
export const DELETE_NOTIFICATIONS = deletionFrom('received_notifications', 'channel, digest', 'at');
/** No redelivery arrives that late; an alert that keeps firing is recorded with each notification. */
export const DELETE_EPISODES = deletionFrom('alert_episodes', 'dedup_key', 'at');
export const DELETE_UNUSED_SESSIONS = deletionFrom('sessions', 'id', 'last_used_at');
export const DELETE_OLD_SESSIONS = deletionFrom('sessions', 'id', 'started_at');
export const DELETE_SIGN_IN_TOKENS = deletionFrom('sign_in_tokens', 'digest', 'expires_at');
export const DELETE_NONCES = deletionFrom('signature_nonces', 'key_id, nonce', 'created_at');
/** Pending messages are never deleted. */
export const DELETE_RESOLVED = deletionFrom('intake_quarantine', 'id', 'resolved_at', `state <> 'pending'`);

/**
 * Trims the beginning of the feed: events older than the first number of days that every consumer has read, and all events older
 * than the second. The same statement stores the new beginning of the feed, so that a reader never mistakes a gap for it. The
 * history itself stays.
 */
export const TRIM_FEED = prepared(`
  WITH oldest AS MATERIALIZED (
    SELECT last_position, placed_at FROM feed ORDER BY last_position LIMIT ${MAX_DELETED}
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
  SELECT count(*) AS deleted FROM trimmed`);
