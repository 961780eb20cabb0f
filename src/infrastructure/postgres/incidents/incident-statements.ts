import type { Statement } from '../connection/database.js';

const REPORTED = 'id, description, status, source, channel, version, created_at, updated_at';

/** All that an incident is made of. */
export const COLUMNS: string = `${REPORTED}, dedup_key, occurrences, last_seen_at, previous_id`;

/** How many bytes the descriptions of a page have at most, unless it is of one incident. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * The columns of the incidents of a page in this order. `isBeyond` are those with which it would have too many bytes: they come
 * without a description, to tell where the next page begins.
 */
export function pageColumns(order: string): string {
  const bytes = `sum(octet_length(description)) OVER (${order} ROWS UNBOUNDED PRECEDING)`;
  const isBeyond = `(${bytes} > ${MAX_PAGE_BYTES} AND row_number() OVER (${order}) > 1)`;
  const columns = COLUMNS.replace(
    'description',
    `CASE WHEN ${isBeyond} THEN '' ELSE description END AS description`,
  );
  return `${columns}, ${isBeyond} AS "isBeyond"`;
}

/** The incidents of a page, by their ids in its order. */
export const PAGE_BY_IDS: Statement = {
  name: 'page-by-ids',
  text: `
    SELECT ${pageColumns('ORDER BY n')}
    FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (id, n) JOIN incidents USING (id)
    ORDER BY n`,
};

/** All that an event of a history is made of. */
export const EVENT_COLUMNS =
  'seq, type, at, actor, channel, access_key, access_key_id, from_status, to_status, text';

/** The arrays that reports come in: the values of `valuesOfReports`, in their order. */
const REPORTS =
  '$1::text[], $2::incident_source[], $3::timestamptz[], $4::text[], $5::incident_channel[], $6::text[], $7::bigint[]';
const REPORT = 'description, source, at, actor, channel, access_key, access_key_id';

/** Reports in, their ids and ordinal numbers out: incidents and the first events of their histories. */
export const ADD: Statement = {
  name: 'add-incidents',
  text: `
    WITH report AS (
      SELECT nextval('incidents_id_seq') AS id, report.*
      FROM unnest(${REPORTS}) WITH ORDINALITY AS report (${REPORT}, n)
    ), incident AS (
      INSERT INTO incidents (${REPORTED}) OVERRIDING SYSTEM VALUE
      SELECT id, description, 'NEW', source, channel, 1, at, at FROM report
    ), ${reportedEvents('report')}
    SELECT id FROM report ORDER BY n`,
};

/** Takes the idempotency keys of reports, in their order; fresh are those whose key was free, or that have none. */
const TAKE_KEYS = `taken AS (
      INSERT INTO idempotency_records (scope, key, fingerprint, at, incident_id, version)
      SELECT scope, key, fingerprint, now(), id, 1 FROM report WHERE key IS NOT NULL ORDER BY scope, key, n
      ON CONFLICT (scope, key) DO NOTHING
      RETURNING incident_id
    ), fresh AS MATERIALIZED (
      SELECT * FROM report WHERE key IS NULL OR id IN (SELECT incident_id FROM taken)
    )`;

/**
 * The same for reports of which some have idempotency keys. A report whose key is taken is passed over, and has no id
 * here; where the one that takes it is not committed yet, this waits for it, for so many milliseconds at most as the last
 * value says. Keys are taken in their order, so that two batches never wait for each other.
 */
export const ADD_ONCE: Statement = {
  name: 'add-incidents-once',
  text: `
    WITH report AS MATERIALIZED (
      SELECT nextval('incidents_id_seq') AS id, report.*
      FROM set_config('lock_timeout', $11, true),
        unnest(${REPORTS}, $8::text[], $9::text[], $10::bytea[])
          WITH ORDINALITY AS report (${REPORT}, scope, key, fingerprint, n)
    ), ${TAKE_KEYS}, incident AS (
      INSERT INTO incidents (${REPORTED}) OVERRIDING SYSTEM VALUE
      SELECT id, description, 'NEW', source, channel, 1, at, at FROM fresh
    ), ${reportedEvents('fresh')}
    SELECT fresh.id FROM report LEFT JOIN fresh USING (n) ORDER BY n`,
};

/**
 * The same for reports with deduplication keys of which no incident of their channel is open, each key once. Where one is
 * open after all, this is a unique violation, and nothing is kept; one that is not committed yet is waited for.
 */
export const ADD_UNLESS_OPEN: Statement = {
  name: 'add-incidents-unless-open',
  text: `
    WITH report AS MATERIALIZED (
      SELECT nextval('incidents_id_seq') AS id, report.*, (
        SELECT incidents.id FROM incidents
        WHERE incidents.dedup_key = report.dedup_key AND incidents.channel = report.channel
        ORDER BY created_at DESC, id DESC LIMIT 1
      ) AS previous_id
      FROM set_config('lock_timeout', $11, true),
        unnest(${REPORTS}, $8::text[], $9::text[], $10::bytea[], $12::text[])
          WITH ORDINALITY AS report (${REPORT}, scope, key, fingerprint, dedup_key, n)
    ), ${TAKE_KEYS}, incident AS (
      INSERT INTO incidents (${REPORTED}, dedup_key, previous_id) OVERRIDING SYSTEM VALUE
      SELECT id, description, 'NEW', source, channel, 1, at, at, dedup_key, previous_id FROM fresh
      ORDER BY dedup_key, channel
    ), ${reportedEvents('fresh')}
    SELECT fresh.id, fresh.previous_id FROM report LEFT JOIN fresh USING (n) ORDER BY n`,
};

/** Channels and deduplication keys in, the incidents out that have them and are not closed. */
export const FIND_OPEN: Statement = {
  name: 'find-open-incidents',
  text: `
    SELECT ${COLUMNS} FROM unnest($1::incident_channel[], $2::text[]) AS wanted (channel, dedup_key)
    JOIN incidents USING (channel, dedup_key) WHERE status <> 'CLOSED'`,
};

export const FIND: Statement = {
  name: 'find-incidents',
  text: `SELECT ${COLUMNS} FROM incidents WHERE id = ANY($1::bigint[])`,
};

/** The request of a scope and key in, the incident out that it has made or changed. */
export const FIND_BY_REQUEST: Statement = {
  name: 'find-incident-by-request',
  text: `
    SELECT ${COLUMNS} FROM incidents
    WHERE id = (SELECT incident_id FROM idempotency_records WHERE scope = $1 AND key = $2)`,
};

const EVENT = `incident_id, ${EVENT_COLUMNS}`;

const saveChanges = (locking: string) => `
    WITH change AS (
      SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::incident_status[], $5::integer[], $6::timestamptz[],
          $7::integer[], $8::timestamptz[])
        AS change (id, old_version, description, status, version, updated_at, occurrences, last_seen_at)
    ), locked AS MATERIALIZED (
      SELECT incidents.id FROM ${locking} WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE OF incidents
    ), saved AS (
      UPDATE incidents
      SET description = change.description, status = change.status, version = change.version,
        updated_at = change.updated_at, occurrences = change.occurrences, last_seen_at = change.last_seen_at
      FROM change JOIN locked USING (id)
      WHERE incidents.id = change.id AND incidents.version = change.old_version
      RETURNING incidents.id
    ), event AS (
      INSERT INTO incident_events (${EVENT})
      SELECT event.*
      FROM unnest($9::bigint[], $10::integer[], $11::incident_event_type[], $12::timestamptz[], $13::text[],
          $14::incident_channel[], $15::text[], $16::bigint[], $17::incident_status[], $18::incident_status[], $19::text[])
        AS event (${EVENT})
      JOIN saved ON saved.id = event.incident_id
    )`;

/**
 * Changed incidents and their events in, the ids of those out that were still at the version that the change was made
 * from: of the others nothing is kept. Rows are locked in the order of their ids, so that two batches never wait for
 * each other.
 */
export const SAVE: Statement = {
  name: 'save-incidents',
  text: `${saveChanges('incidents')} SELECT id FROM saved`,
};

/**
 * The same for changes of which some have idempotency keys. Where a key is taken already, this is a unique violation, and
 * nothing is saved. Keys are taken after the rows are locked, and in their order. Whoever sends a change again, while
 * another process is at it, waits for the row: for so many milliseconds at most as the last value says, as for a key.
 */
export const SAVE_ONCE: Statement = {
  name: 'save-incidents-once',
  text: `${saveChanges("set_config('lock_timeout', $30, true), incidents")}, taken AS (
      INSERT INTO idempotency_records (scope, key, fingerprint, at, incident_id, version, status, updated_at, occurrences,
        last_seen_at, description_length)
      SELECT scope, key, fingerprint, now(), incident_id, version, status, updated_at, occurrences, last_seen_at,
        description_length
      FROM unnest($20::text[], $21::text[], $22::bytea[], $23::bigint[], $24::integer[], $25::incident_status[],
          $26::timestamptz[], $27::integer[], $28::timestamptz[], $29::integer[])
        AS claim (scope, key, fingerprint, incident_id, version, status, updated_at, occurrences, last_seen_at,
          description_length)
      JOIN saved ON saved.id = claim.incident_id
      ORDER BY scope, key
    )
    SELECT id FROM saved`,
};

/** The first events of the histories of these reports. */
function reportedEvents(reports: 'report' | 'fresh'): string {
  return `event AS (
      INSERT INTO incident_events (incident_id, seq, type, at, actor, channel, access_key, access_key_id, text)
      SELECT id, 1, 'reported', at, actor, channel, access_key, access_key_id, description FROM ${reports}
    )`;
}
