import { MAX_FEED_PAGE } from '../../../application/feed/event-feed.js';
import type { Statement } from '../connection/database.js';
import { EVENT_COLUMNS } from '../incidents/incident-statements.js';

/** How many queued statements are placed at once. Each has 256 changes at most. */
export const MAX_PLACED = 200;

// Any number would do that nothing else locks in the same database: these are the letters "inc feed".
const LOCK = BigInt(`0x${Buffer.from('inc feed').toString('hex')}`);

/**
 * Moves queued events into the feed, unless another process is doing that. The lock lasts as long as the transaction, so that
 * whoever places next begins after this is visible: positions are in the order of commits. Where another process has taken rows
 * that this statement's snapshot still shows, they are passed over.
 */
export const PLACE: Statement = {
  name: 'place-feed-events',
  text: `
    WITH turn AS MATERIALIZED (
      SELECT pg_try_advisory_xact_lock(${LOCK}) AS is_mine
    ), next AS MATERIALIZED (
      SELECT number FROM feed_queue WHERE (SELECT is_mine FROM turn) ORDER BY number LIMIT ${MAX_PLACED}
    ), taken AS (
      DELETE FROM feed_queue WHERE number IN (SELECT number FROM next) RETURNING number, incident_ids, seqs
    ), placed AS (
      INSERT INTO feed (incident_id, seq)
      SELECT event.incident_id, event.seq
      FROM taken, unnest(incident_ids, seqs) AS event (incident_id, seq)
      ORDER BY number, event.incident_id, event.seq
      RETURNING 1
    )
    SELECT (SELECT count(*) FROM next) AS statements, (SELECT count(*) FROM placed) AS events`,
};

const eventColumns = (of: string) =>
  EVENT_COLUMNS.split(', ')
    .map((column) => `${of}.${column}`)
    .join(', ');

/**
 * What the feed has, and the number of a start in it. Values: the epoch and the number of a position, and null; or 'oldest' or
 * 'latest' as the third. A start is known where all events after it are in the feed.
 */
const FEED_RANGE = `state AS MATERIALIZED (
      SELECT epoch, trimmed_to, greatest(trimmed_to, (SELECT max(position) FROM feed)) AS latest FROM feed_state
    ), start AS MATERIALIZED (
      SELECT epoch, trimmed_to, latest,
        CASE $3::text WHEN 'oldest' THEN trimmed_to WHEN 'latest' THEN latest ELSE $2::bigint END AS number,
        $3::text IS NOT NULL OR (epoch = $1::bigint AND $2::bigint BETWEEN trimmed_to AND latest) AS is_known
      FROM state
    )`;

export const RESOLVE: Statement = {
  name: 'resolve-feed-start',
  text: `WITH ${FEED_RANGE} SELECT epoch, trimmed_to, latest, number, is_known FROM start`,
};

/** How many bytes the texts of a page have at most, apart from its last event's. */
export const MAX_PAGE_BYTES = 1024 * 1024;

/** How many events are looked at for a page at most. */
const WINDOW = MAX_FEED_PAGE;

/**
 * A page: the events after a position that the filter wants, and in each row what the feed has. Without events, there is one row.
 *
 * Values: those of FEED_RANGE; statuses, sources, incident and reporter, each of which may be null; how many events at most. The subqueries keep the planner from joining whole tables.
 */
export const READ: Statement = {
  name: 'read-feed',
  text: `
    WITH ${FEED_RANGE}, page AS MATERIALIZED (
      SELECT position, incident_id, source, status, reporter, ${eventColumns('event')},
        coalesce(octet_length(event.text), 0) AS size,
        sum(coalesce(octet_length(event.text), 0)) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) AS bytes
      FROM (
        SELECT position, incident_id, seq FROM feed
        WHERE position > (SELECT number FROM start WHERE is_known) ORDER BY position LIMIT ${WINDOW}
      ) AS scanned
      CROSS JOIN LATERAL (
        SELECT ${eventColumns('incident_events')}
        FROM incident_events
        WHERE incident_events.incident_id = scanned.incident_id AND incident_events.seq = scanned.seq OFFSET 0
      ) AS event
      CROSS JOIN LATERAL (
        SELECT
          (SELECT source FROM incidents WHERE incidents.id = scanned.incident_id) AS source,
          coalesce(event.to_status, (
            SELECT to_status FROM incident_events AS earlier
            WHERE earlier.incident_id = scanned.incident_id AND earlier.seq < scanned.seq AND to_status IS NOT NULL
            ORDER BY earlier.seq DESC LIMIT 1
          ), 'NEW') AS status,
          (SELECT coalesce(first_key_id, id) FROM access_keys WHERE id = (
            SELECT access_key_id FROM incident_events AS report
            WHERE report.incident_id = scanned.incident_id AND report.seq = 1
          )) AS reporter
        OFFSET 0
      ) AS facts
      WHERE ($4::incident_status[] IS NULL OR status = ANY($4))
        AND ($5::incident_source[] IS NULL OR source = ANY($5))
        AND ($6::bigint IS NULL OR scanned.incident_id = $6)
        AND ($7::text IS NULL OR 'key:' || reporter = $7)
      ORDER BY position LIMIT $8
    )
    SELECT epoch, trimmed_to, latest, number, is_known,
      (SELECT max(position) FROM (
        SELECT position FROM feed WHERE position > number ORDER BY position LIMIT ${WINDOW}
      ) AS scanned) AS scanned_to,
      position, incident_id, source, status, reporter, bytes, ${eventColumns('page')}
    FROM start
    LEFT JOIN page ON bytes - size < ${MAX_PAGE_BYTES}
    ORDER BY position`,
};
