import type { IdempotencyKey } from '../../../domain/incident/idempotency.js';
import type { Report } from '../../../domain/incident/incident-state.js';
import type { Incident } from '../../../domain/incident/incident.js';
import { type ArrayColumn, arrayParameters, arraysOf, columnNames } from '../connection/array-parameters.js';
import { KEY_COLUMNS, keyLockTimeout } from '../idempotency/idempotency-records.js';
import { CHANGED_COLUMNS, INSERTED_COLUMNS, REPORTED_COLUMNS } from './incident-columns.js';
import { INCIDENT_EVENT_COLUMNS, PROVENANCE_COLUMNS } from './incident-event-columns.js';
import { prepared } from '../connection/statement.js';

/** A report to store, and the idempotency key of its request. */
export interface ReportRequest {
  readonly report: Report;
  readonly idempotency: IdempotencyKey | undefined;
}

/** A report to store with what is done with its incident at once. */
export interface ChangedReport {
  readonly report: Report;
  /** The incident after that, with the events that follow the report. Neither its description nor its urgency is changed. */
  readonly incident: Incident;
}

const REPORT_COLUMNS: readonly ArrayColumn<Report>[] = [...REPORTED_COLUMNS, ...PROVENANCE_COLUMNS];
const KEYED_COLUMNS = [...REPORT_COLUMNS, ...KEY_COLUMNS];

/** The number of the parameter after those of keyed reports. */
const LOCK_TIMEOUT = `$${KEYED_COLUMNS.length + 1}`;

const reported = (columns: readonly { readonly name: string; readonly type: string }[]) =>
  `unnest(${arrayParameters(columns)}) WITH ORDINALITY AS report (${columnNames(columns)}, n)`;

/** Inserts the incidents of these reports and the first events of their histories. */
const inserted = (
  reports: 'report' | 'fresh',
  { columns = INSERTED_COLUMNS, order = '' }: { columns?: typeof INSERTED_COLUMNS; order?: string } = {},
) => `incident AS (
      INSERT INTO incidents (${columnNames(columns)}) OVERRIDING SYSTEM VALUE
      SELECT ${columns.map(({ value }) => value).join(', ')} FROM ${reports} ${order}
    ), event AS (
      INSERT INTO incident_events (incident_id, seq, type, channel, text, urgent, ${columnNames(PROVENANCE_COLUMNS)})
      SELECT id, 1, 'reported', channel, description, nullif(urgent, false), ${columnNames(PROVENANCE_COLUMNS)}
      FROM ${reports}
    )`;

/** Stores reports. Returns their ids in their order. */
export const ADD = prepared(`
  WITH report AS (
    SELECT nextval('incidents_id_seq') AS id, report.* FROM ${reported(REPORT_COLUMNS)}
  ), ${inserted('report')}
  SELECT id FROM report ORDER BY n`);

const ID = { name: 'id', type: 'bigint' };
const STATE_COLUMNS = CHANGED_COLUMNS.filter(
  (column) => !REPORT_COLUMNS.some(({ name }) => name === column.name),
);
const CHANGED_REPORT_COLUMNS = [ID, ...REPORT_COLUMNS, ...STATE_COLUMNS];

/** Ids of new incidents, as many as the parameter says. */
export const NEXT_IDS = prepared(
  `SELECT nextval('incidents_id_seq') AS id FROM generate_series(1, $1::integer)`,
);

/** Stores changed reports under ids of NEXT_IDS. ADD_EVENTS has to follow in the same transaction. */
export const ADD_CHANGED = prepared(`
  WITH report AS (
    SELECT * FROM unnest(${arrayParameters(CHANGED_REPORT_COLUMNS)}) AS report (${columnNames(CHANGED_REPORT_COLUMNS)})
  ), ${inserted('report', {
    columns: [
      ...INSERTED_COLUMNS.filter((column) => !STATE_COLUMNS.some(({ name }) => name === column.name)),
      ...STATE_COLUMNS.map(({ name }) => ({ name, value: name })),
    ],
  })}
  SELECT`);

/** Stores the events of changed reports that follow the reports themselves. */
export const ADD_EVENTS = prepared(`
  INSERT INTO incident_events (incident_id, ${columnNames(INCIDENT_EVENT_COLUMNS)})
  SELECT * FROM unnest($1::bigint[], ${arrayParameters(INCIDENT_EVENT_COLUMNS, 2)})`);

/** Reserves the idempotency keys of reports, in their order; fresh are those whose key was free, or that have none. */
const RESERVE_KEYS = `reserved AS (
      INSERT INTO idempotency_records (scope, key, fingerprint, at, incident_id, version)
      SELECT scope, key, fingerprint, now(), id, 1 FROM report WHERE key IS NOT NULL ORDER BY scope, key, n
      ON CONFLICT (scope, key) DO NOTHING
      RETURNING incident_id
    ), fresh AS MATERIALIZED (
      SELECT * FROM report WHERE key IS NULL OR id IN (SELECT incident_id FROM reserved)
    )`;

/**
 * Stores reports of which some have idempotency keys. A report whose key is taken is skipped: its id is null. While the request
 * that took the key is not committed, this waits for it, at most for the lock timeout. Keys are reserved in their order, so that
 * two batches never wait for each other.
 */
export const ADD_ONCE = prepared(`
  WITH report AS MATERIALIZED (
    SELECT nextval('incidents_id_seq') AS id, report.*
    FROM set_config('lock_timeout', ${LOCK_TIMEOUT}, true), ${reported(KEYED_COLUMNS)}
  ), ${RESERVE_KEYS}, ${inserted('fresh')}
  SELECT fresh.id FROM report LEFT JOIN fresh USING (n) ORDER BY n`);

/**
 * Stores reports with deduplication keys of which no incident of their channel is open, each key once. Where one is open after
 * all, this is a unique violation, and nothing is stored; a transaction that is about to commit one is waited for.
 */
export const ADD_UNLESS_OPEN = prepared(`
  WITH report AS MATERIALIZED (
    SELECT nextval('incidents_id_seq') AS id, report.*, (
      SELECT incidents.id FROM incidents
      WHERE incidents.dedup_key = report.dedup_key AND incidents.channel = report.channel
      ORDER BY created_at DESC, id DESC LIMIT 1
    ) AS previous_id
    FROM set_config('lock_timeout', ${LOCK_TIMEOUT}, true), ${reported(KEYED_COLUMNS)}
  ), ${RESERVE_KEYS}, ${inserted('fresh', {
    columns: [...INSERTED_COLUMNS, { name: 'previous_id', value: 'previous_id' }],
    order: 'ORDER BY dedup_key, channel',
  })}
  SELECT fresh.id, fresh.previous_id FROM report LEFT JOIN fresh USING (n) ORDER BY n`);

/** The parameters of ADD. */
export function reportValues(requests: readonly Pick<ReportRequest, 'report'>[]): readonly unknown[] {
  return arraysOf(
    REPORT_COLUMNS,
    requests.map(({ report }) => report),
  );
}

/** The parameters of ADD_CHANGED. */
export function changedReportValues(changed: readonly ChangedReport[]): readonly unknown[] {
  const states = changed.map(({ incident }) => incident.state);
  return [states.map(({ id }) => id), ...reportValues(changed), ...arraysOf(STATE_COLUMNS, states)];
}

/** The parameters of ADD_EVENTS; undefined if there are no events. */
export function eventValues(incidents: readonly Incident[]): readonly unknown[] | undefined {
  const events = incidents.flatMap(({ newEvents }) => newEvents);
  if (events.length === 0) return undefined;
  const ids = incidents.flatMap(({ id, newEvents }) => newEvents.map(() => id));
  return [ids, ...arraysOf(INCIDENT_EVENT_COLUMNS, events)];
}

/**
 * The parameters of ADD_ONCE and ADD_UNLESS_OPEN.
 * @param batchSize how many requests the caller sends together.
 */
export function keyedReportValues(requests: readonly ReportRequest[], batchSize: number): readonly unknown[] {
  const keys = requests.map(({ idempotency }) => idempotency);
  return [...reportValues(requests), ...arraysOf(KEY_COLUMNS, keys), keyLockTimeout(batchSize)];
}
