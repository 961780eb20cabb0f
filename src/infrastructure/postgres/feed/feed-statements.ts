import { MAX_DUPLICATE_CHATS, MAX_FEED_PAGE } from '../../../application/feed/event-feed.js';
import { CHAT_OF_ORIGIN } from '../incidents/incident-columns.js';
import { EVENT_COLUMNS } from '../incidents/incident-statements.js';
import { prepared } from '../connection/statement.js';

/**
 * The maximum number of queued statements that are placed at once, and of events before the last of these statements: placing
 * must end within the time limit of a statement. Those of the service have at most 256 events, but who inserts by SQL may add
 * thousands with each.
 */
export const MAX_PLACED = { statements: 200, events: 20_000 } as const;

// Any number that nothing else locks in the same database: this is the text "inc feed".
const LOCK = BigInt(`0x${Buffer.from('inc feed').toString('hex')}`);

/** The maximum number of events in a row of the feed, so that its arrays stay in the row. */
const MAX_ROW_EVENTS = 100;

/**
 * Moves queued events into the feed, unless another process is doing that. The lock lasts until the end of the transaction, so the
 * next process starts once this is visible: positions are in commit order, without gaps. Rows that another process has deleted,
 * but that the snapshot of this statement still shows, are skipped, and the newest state is updated.
 */
export const PLACE = prepared(`
  WITH turn AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(${LOCK}) AS is_mine
  ), taken AS (
    DELETE FROM feed_queue
    WHERE (SELECT is_mine FROM turn) AND number <= (
      SELECT max(number) FROM (
        SELECT number, sum(cardinality(seqs)) OVER (ORDER BY number) - cardinality(seqs) AS events_before
        FROM feed_queue ORDER BY number LIMIT ${MAX_PLACED.statements}
      ) AS oldest
      WHERE events_before < ${MAX_PLACED.events}
    )
    RETURNING number, incident_ids, seqs
  ), event AS MATERIALIZED (
    SELECT queued.incident_id, queued.seq, row_number() OVER (ORDER BY number, queued.incident_id, queued.seq) AS n
    FROM taken, unnest(incident_ids, seqs) AS queued (incident_id, seq)
  ), state AS (
    UPDATE feed_state SET latest = latest + (SELECT count(*) FROM event) WHERE EXISTS (SELECT FROM event)
    RETURNING latest - (SELECT count(*) FROM event) AS latest_before
  ), placed AS (
    INSERT INTO feed (last_position, incident_ids, seqs)
    SELECT (SELECT latest_before FROM state) + max(n), array_agg(incident_id ORDER BY n), array_agg(seq ORDER BY n)
    FROM event GROUP BY (n - 1) / ${MAX_ROW_EVENTS}
  )
  SELECT (SELECT count(*) FROM taken) AS statements, (SELECT count(*) FROM event) AS events`);

const eventColumns = (of: string) =>
  EVENT_COLUMNS.split(', ')
    .map((column) => `${of}.${column}`)
    .join(', ');

/**
 * The range of the feed, and the position number of a start. Values: the epoch and the number of a position, and null; or null,
 * null, and 'oldest' or 'latest'. A start is known if the feed retains all events after it. The limit tells the planner that
 * there is one row.
 */
const FEED_RANGE = `state AS MATERIALIZED (
    SELECT feed_epoch() AS epoch, trimmed_to, latest FROM feed_state LIMIT 1
  ), start AS MATERIALIZED (
    SELECT epoch, trimmed_to, latest,
      CASE $3::text WHEN 'oldest' THEN trimmed_to WHEN 'latest' THEN latest ELSE $2::bigint END AS number,
      $3::text IS NOT NULL OR (epoch = $1::bigint AND $2::bigint BETWEEN trimmed_to AND latest) AS is_known
    FROM state LIMIT 1
  )`;

export const RESOLVE = prepared(
  `WITH ${FEED_RANGE} SELECT epoch, trimmed_to, latest, number, is_known FROM start`,
);

/** The rows of the feed of which incidents are read at once. */
const MAX_INCIDENT_ROWS = 20;

/** The incidents of the events after a position, and the range of the feed. Values: those of FEED_RANGE. Rows are read whole. */
export const READ_INCIDENTS = prepared(`
  WITH ${FEED_RANGE}, page AS MATERIALIZED (
    SELECT last_position, incident_ids
    FROM start, LATERAL (
      SELECT last_position, incident_ids FROM feed
      WHERE is_known AND last_position > number ORDER BY last_position LIMIT ${MAX_INCIDENT_ROWS}
    ) AS row
  )
  SELECT epoch, trimmed_to, latest, number, is_known,
    (SELECT coalesce(max(last_position), number) FROM page) AS next,
    ARRAY(SELECT DISTINCT unnest(incident_ids) FROM page) AS ids
  FROM start`);

/** The maximum size of the texts of a page, without its last event. */
export const MAX_PAGE_BYTES = 1024 * 1024;

/** The maximum number of events that are scanned for a page. */
export const MAX_SCANNED = MAX_FEED_PAGE;

const SIZE = `coalesce(octet_length(event.text), 0) + coalesce(pg_column_size(duplicate_chats), 0)`;

/**
 * A page: the events after a position that match the filter. Each row also has the range of the feed. Without events, there is one
 * row.
 *
 * Values: those of FEED_RANGE; statuses, sources, incident, reporter and chats, each of which may be null; the maximum number of
 * events. The subqueries and limits keep the planner from joining whole tables, and the order lets it stop at the last event of the
 * page. Every duplicate counts as an occurrence of its original: of an incident without any, chats are not looked up.
 */
export const READ = prepared(`
  WITH ${FEED_RANGE}, page AS MATERIALIZED (
    SELECT position, incident_id, source, origin, duplicate_chats, status, reporter, ${eventColumns('event')},
      ${SIZE} AS size, sum(${SIZE}) OVER (ORDER BY last_position, n ROWS UNBOUNDED PRECEDING) AS bytes
    FROM (
      SELECT last_position, n, last_position - cardinality(incident_ids) + n AS position, incident_id, seq
      FROM start, LATERAL (
          SELECT last_position, incident_ids, seqs FROM feed
          WHERE is_known AND last_position > number AND last_position < number + ${MAX_SCANNED + MAX_ROW_EVENTS}
          ORDER BY last_position LIMIT ${MAX_SCANNED}
        ) AS row, unnest(incident_ids, seqs) WITH ORDINALITY AS placed (incident_id, seq, n)
      WHERE last_position - cardinality(incident_ids) + n > number
      ORDER BY last_position, n LIMIT ${MAX_SCANNED}
    ) AS scanned
    CROSS JOIN LATERAL (
      SELECT ${eventColumns('incident_events')}
      FROM incident_events
      WHERE incident_events.incident_id = scanned.incident_id AND incident_events.seq = scanned.seq OFFSET 0
    ) AS event
    CROSS JOIN LATERAL (
      SELECT source, origin, CASE WHEN occurrences > 1 THEN ARRAY(
          SELECT chat FROM duplicate_chats WHERE duplicate_chats.incident_id = incidents.id
          ORDER BY chat LIMIT ${MAX_DUPLICATE_CHATS}
        ) END AS duplicate_chats
      FROM incidents WHERE incidents.id = scanned.incident_id OFFSET 0
    ) AS incident
    CROSS JOIN LATERAL (
      SELECT
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
      AND ($8::text[] IS NULL OR ${CHAT_OF_ORIGIN} = ANY($8) OR ($7 IS NULL AND duplicate_chats && $8))
    ORDER BY last_position, n LIMIT $9
  )
  SELECT epoch, trimmed_to, latest, number, is_known,
    position, incident_id, source, origin, duplicate_chats, status, reporter, bytes, ${eventColumns('page')}
  FROM start
  LEFT JOIN page ON bytes - size < ${MAX_PAGE_BYTES}
  ORDER BY position`);
