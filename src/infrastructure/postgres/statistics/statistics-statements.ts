import { MAX_GROUPS, type StatisticsQuery } from '../../../application/statistics/incident-statistics.js';
import type { StatisticsGrouping } from '../../../domain/statistics/statistics.js';
import { FIRST_DAY, partsOf, type Span, SPANS } from '../../../domain/statistics/statistics-range.js';
import { literal } from '../connection/sql-literal.js';
import { prepared, type SetUpStatement } from '../connection/statement.js';

/** The maximum number of queued rows that are folded at once. */
export const MAX_FOLDED = 5_000;

const IS_OPEN = `status IN ('NEW', 'IN_PROGRESS')`;

/** The first day of the period of a day. */
const startOf = (day: string, span: Span) =>
  `date '${FIRST_DAY}' + ${span} * floor((${day} - date '${FIRST_DAY}') / ${span}.0)::integer`;

/** The counts of `incident_statistics`, each with the condition of the incidents that it counts. */
const CONDITIONS = {
  reported: 'true',
  taken: 'taken_after IS NOT NULL',
  resolved: `NOT ${IS_OPEN}`,
  closed: `status = 'CLOSED'`,
  reopened: 'reopened',
  urgent: 'urgent',
  open: IS_OPEN,
  untaken: `${IS_OPEN} AND assignee IS NULL`,
  never_taken: `${IS_OPEN} AND taken_after IS NULL`,
} as const;

export type CountName = keyof typeof CONDITIONS;

/** The columns of `incident_statistics` that are counts. */
export const COUNTS = Object.keys(CONDITIONS) as CountName[];

/** The durations of `incident_durations`, each with the column of its bucket in the queue. */
const MEASURES = { take: 'taken_after', resolve: 'resolved_after' } as const;

export type MeasureName = keyof typeof MEASURES;

const MEASURE_NAMES = Object.keys(MEASURES) as MeasureName[];

const bucketCountsOf = (name: MeasureName) =>
  `bucket_counts(${['bucket', 'change']
    .map((column) => `array_agg(${column}) FILTER (WHERE measure = '${name}')`)
    .join(', ')})`;

/** What counts are kept for, each with the key of an incident. */
const KEYS = { source: 'source::text', channel: 'channel', assignee: `coalesce(assignee, '')` } as const;

type Dimension = keyof typeof KEYS;

const listOf = <Name extends string>(values: Readonly<Record<Name, string>>, separator = ', ') =>
  (Object.entries(values) as [Name, string][]).map(([name, sql]) => `('${name}', ${sql})`).join(separator);

const countsOf = COUNTS.map(
  (name) => `coalesce(sum(change) FILTER (WHERE ${CONDITIONS[name]}), 0)::bigint AS ${name}`,
).join(', ');

const QUEUE_COLUMNS =
  'day, source, channel, assignee, status, urgent, reopened, taken_after, resolved_after, change';

// Any number that nothing else locks in the same database: this is the text "inc stat".
const LOCK = BigInt(`0x${Buffer.from('inc stat').toString('hex')}`);

const added = (table: string, names: readonly string[]) =>
  names.map((name) => `${name} = ${table}.${name} + excluded.${name}`).join(', ');

/**
 * Moves queued rows into the tables of statistics, unless another process is doing that. Rows leave the queue and arrive in the
 * tables in one transaction, so each statement sees them in one place.
 */
export const FOLD = prepared(`
  WITH turn AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(${LOCK}) AS is_mine
  ), taken AS (
    DELETE FROM incident_statistics_queue
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM incident_statistics_queue WHERE (SELECT is_mine FROM turn) LIMIT ${MAX_FOLDED}))
    RETURNING ${QUEUE_COLUMNS}
  ), cell AS MATERIALIZED (
    SELECT dimension, key, ${QUEUE_COLUMNS}
    FROM taken, LATERAL (VALUES ${listOf(KEYS)}) AS keys (dimension, key)
  ), counted AS (
    INSERT INTO incident_statistics AS statistics (dimension, day, key, ${COUNTS.join(', ')})
    SELECT dimension, day, key, ${countsOf} FROM cell GROUP BY dimension, day, key
    ON CONFLICT (dimension, day, key) DO UPDATE SET ${added('statistics', COUNTS)}
  ), changed AS (
    SELECT dimension, span, starts_on, key, measure, bucket, sum(change)::integer AS change
    FROM cell,
      LATERAL (VALUES ${SPANS.map((span) => `(${span}::smallint, ${startOf('day', span)})`).join(', ')}) AS spans (span, starts_on),
      LATERAL (VALUES ${listOf(MEASURES)}) AS measures (measure, bucket)
    WHERE bucket IS NOT NULL
    GROUP BY dimension, span, starts_on, key, measure, bucket HAVING sum(change) <> 0
  ), measured AS (
    INSERT INTO incident_durations AS durations (dimension, span, starts_on, key, ${MEASURE_NAMES.join(', ')})
    SELECT dimension, span, starts_on, key, ${MEASURE_NAMES.map(bucketCountsOf).join(', ')}
    FROM changed GROUP BY dimension, span, starts_on, key
    ON CONFLICT (dimension, span, starts_on, key) DO UPDATE SET ${MEASURE_NAMES.map(
      (name) => `${name} = add_bucket_counts(durations.${name}, excluded.${name})`,
    ).join(', ')}
  )
  SELECT count(*) AS folded FROM taken`);

/** How the groups of a grouping are read: the dimension that has them, and the key of a day or of a week. */
interface Grouping {
  readonly dimension: Dimension;
  readonly keyOf: (day: string) => string;
  readonly order: string;
  /** The periods of which it reads durations; by default all. */
  readonly spans?: readonly Span[];
}

const MOST_FIRST = 'reported DESC, key';
const byKey = (dimension: Dimension): Grouping => ({ dimension, keyOf: () => 'key', order: MOST_FIRST });

const GROUPINGS: Readonly<Record<StatisticsGrouping | 'all', Grouping>> = {
  source: byKey('source'),
  channel: byKey('channel'),
  assignee: byKey('assignee'),
  week: {
    dimension: 'source',
    keyOf: (day) => `(${startOf(day, 7)})::text`,
    order: 'key',
    spans: [7, 1],
  },
  all: { dimension: 'source', keyOf: () => `''`, order: 'key' },
};

/** A row of `readStatistics`: a group with the counts of its durations in bucket 0 and on. */
export type StatisticsRow = Readonly<Record<CountName, number>> & { readonly key: string } & Readonly<
    Record<`${MeasureName}_counts`, readonly (number | null)[] | null>
  >;

/** Plans suit the tables of statistics as they are, and no worker takes a processor from other requests. */
const SETTINGS = { jit: 'off', max_parallel_workers_per_gather: '0' };

/** Whether a day is in a range. */
const within = (column: string, { from, to }: { readonly from: string; readonly to: string }) =>
  `${column} >= ${literal(from)}::date AND ${column} < ${literal(to)}::date`;

/**
 * The groups of a query, one more than MAX_GROUPS if there are more: what is stored, and what is
 * queued.
 */
export function readStatistics(query: StatisticsQuery, timeoutMs: number): SetUpStatement {
  const { dimension, keyOf, order, spans } = GROUPINGS[query.by ?? 'all'];
  const stored = partsOf(query, spans).map(
    ({ span, ...range }) => `
      SELECT ${keyOf('starts_on')} AS key, ${MEASURE_NAMES.join(', ')} FROM incident_durations
      WHERE dimension = '${dimension}' AND span = ${span} AND ${within('starts_on', range)}
      UNION ALL`,
  );
  const text = `
    WITH queued AS MATERIALIZED (
      SELECT ${QUEUE_COLUMNS}, ${KEYS[dimension]} AS key FROM incident_statistics_queue WHERE ${within('day', query)}
    ), groups AS MATERIALIZED (
      SELECT key, ${COUNTS.map((name) => `sum(${name})::bigint AS ${name}`).join(', ')}
      FROM (
        SELECT ${keyOf('day')} AS key, ${COUNTS.join(', ')} FROM incident_statistics
        WHERE dimension = '${dimension}' AND ${within('day', query)}
        UNION ALL
        SELECT ${keyOf('day')}, ${countsOf} FROM queued GROUP BY 1
      ) AS parts
      GROUP BY key HAVING sum(reported) > 0 ORDER BY ${order.replace('reported', 'sum(reported)')} LIMIT ${MAX_GROUPS + 1}
    ), parts AS (
      ${stored.join('')}
      SELECT key, ${MEASURE_NAMES.map(bucketCountsOf).join(', ')}
      FROM (
        SELECT ${keyOf('day')} AS key, measure, bucket, sum(change)::integer AS change
        FROM queued, LATERAL (VALUES ${listOf(MEASURES)}) AS measures (measure, bucket)
        WHERE bucket IS NOT NULL GROUP BY 1, 2, 3
      ) AS changes
      GROUP BY key
    ), histograms AS (
      SELECT key, ${MEASURE_NAMES.map((name) => `sum_bucket_counts(${name}) AS ${name}_counts`).join(', ')}
      FROM parts WHERE key IN (SELECT key FROM groups) GROUP BY key
    )
    SELECT * FROM groups LEFT JOIN histograms USING (key) ORDER BY ${order}`;
  return { settings: { ...SETTINGS, statement_timeout: String(Math.ceil(timeoutMs)) }, text };
}
