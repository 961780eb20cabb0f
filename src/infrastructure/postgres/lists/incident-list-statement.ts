import { type IncidentQuery, MAX_COUNTED } from '../../../application/incident/incident-list.js';
import { ATTENTION } from '../incidents/incident-columns.js';
import { COLUMNS, pageColumns } from '../incidents/incident-statements.js';
import { lateReports, SETTLED_MS } from './late-reports.js';
import {
  branchOrderOf,
  type Conditions,
  filterBranches,
  filterConditions,
  isCountedByScan,
  orderOf,
  pageBranches,
  PLANNED_EACH_TIME,
  unionOf,
  where,
} from './list-conditions.js';
import type { Settings } from '../connection/server-check.js';
import { type Bind, literal } from '../connection/sql-literal.js';

const BOUND = MAX_COUNTED + 1;

/** The time limit of a list whose filters may have no index together, in milliseconds: after it, the list is searched instead. */
const MAX_FILTERED_MS = 800;
const SETTINGS: Settings = { ...PLANNED_EACH_TIME, statement_timeout: String(MAX_FILTERED_MS) };

/** The maximum offset of a prepared list. Beyond it, PostgreSQL may sort the whole table if that has no statistics yet. */
const MAX_PREPARED_OFFSET = 500;

export interface ListStatement {
  /** The settings of the statement's transaction; undefined if the statement is prepared. */
  readonly settings: Settings | undefined;
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * One statement for a page and its total, so that both are from one snapshot. It returns a row for each incident with the total:
 * one more than the limit if there are more; an empty page has one row with the total alone. With a date or a key, a total above
 * `MAX_COUNTED` is a lower bound.
 *
 * Every part scans an index in order, and stops early. Lists whose totals are in `incident_counts` need no settings for that
 * while their offsets are small. Their text is the same for other values, so preparing it pays off.
 */
export function listStatement(query: IncidentQuery): ListStatement {
  const values: unknown[] = [];
  const offset = 'offset' in query.start ? query.start.offset : 0;
  const isPlannedEachTime =
    isCountedByScan(query) || offset > MAX_PREPARED_OFFSET || query.order === 'attention';
  const bind: Bind = isPlannedEachTime ? literal : (value) => `$${values.push(value)}`;
  const order = orderOf(query);
  const rows = query.limit + 1;
  const filters = filterBranches(query, bind);
  const late = lateReports(query, bind);
  const page: Conditions[] = [
    ...(late?.areAll ? [] : pageBranches(query, bind)),
    ...(late ? filters.map((branch) => [...branch, ...late.conditions]) : []),
  ];
  const isByAttention = query.order === 'attention';
  const columns = isByAttention ? `${COLUMNS}, ${ATTENTION} AS attention` : COLUMNS;
  const rowsOfPage = unionOf(page, columns, `${branchOrderOf(query)} LIMIT ${bind(rows + offset)}`);
  // The snapshot is needed if the page has recent reports: others may still be committed behind them.
  const isNeeded = late ? 'true' : `page.created_at > now() - ${SETTLED_MS} * interval '1 millisecond'`;
  const text = `
    WITH total AS (${totalOf(query, filters)}),
      page AS (SELECT * FROM (${rowsOfPage}) AS branches ${order} LIMIT ${bind(rows)} OFFSET ${bind(offset)})
    SELECT total.total, CASE WHEN ${isNeeded} THEN total.snapshot END AS snapshot, page.*
    FROM total LEFT JOIN (SELECT ${pageColumns(order)}${isByAttention ? ', attention' : ''} FROM page) AS page ON true ${order}`;
  return { settings: isPlannedEachTime ? SETTINGS : undefined, text, values };
}

function totalOf(query: IncidentQuery, filters: readonly Conditions[]): string {
  const snapshot = 'pg_current_snapshot()::text AS snapshot';
  if (!isCountedByScan(query)) {
    return `SELECT coalesce(sum(count), 0)::bigint AS total, ${snapshot} FROM incident_counts ${where(filterConditions(query, literal))}`;
  }
  // The order makes PostgreSQL use an index-only scan, although the rows are only counted.
  const counted = unionOf(filters, '1', `${branchOrderOf(query)} LIMIT ${BOUND}`);
  return `SELECT count(*) AS total, ${snapshot} FROM (SELECT FROM (${counted}) AS branches LIMIT ${BOUND}) AS counted`;
}
