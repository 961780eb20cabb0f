import { type IncidentQuery, MAX_COUNTED } from '../../../application/incident/incident-list.js';
import { COLUMNS, pageColumns } from '../incidents/incident-statements.js';
import { lateReports, SETTLED_MS } from './late-reports.js';
import {
  branches,
  conditionsWithinBranch,
  filterConditions,
  isCountedByReading,
  orderOf,
  PLANNED_EACH_TIME,
  pageConditions,
  where,
} from './list-conditions.js';
import type { Settings } from '../connection/server-check.js';
import { type Bind, literal } from '../connection/sql-literal.js';

const BOUND = MAX_COUNTED + 1;

/** Up to this offset a list is prepared. Past it PostgreSQL may prefer to sort the whole table, where that has no statistics yet. */
const MAX_PREPARED_OFFSET = 500;

export interface ListStatement {
  /** What the statement's transaction needs; undefined where it is prepared. */
  readonly settings: Settings | undefined;
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * One statement for a page and its total, so that they are of one moment. It gives a row for each incident, one more
 * than asked for where there are more, each with the total; and one row with the total alone for an empty page. A
 * total of more than `MAX_COUNTED` means "more than that", where a date or a key is asked for.
 *
 * Every part of it walks an index in order, and stops when it has enough. Lists whose totals `incident_counts` has need no
 * settings for that while their offsets are small. They have the same text for other values, so that they are worth preparing.
 */
export function listStatement(query: IncidentQuery): ListStatement {
  const values: unknown[] = [];
  const offset = 'offset' in query.start ? query.start.offset : 0;
  const isPlannedEachTime = isCountedByReading(query) || offset > MAX_PREPARED_OFFSET;
  const bind: Bind = isPlannedEachTime ? literal : (value) => `$${values.push(value)}`;
  const order = orderOf(query);
  const rows = query.limit + 1;
  const filters = conditionsWithinBranch(query, bind);
  const late = lateReports(query, bind);
  const slice = `${order} LIMIT ${bind(rows + offset)}`;
  const page = [
    ...(late?.areAll ? [] : branches(query, COLUMNS, pageConditions(query, bind), slice)),
    ...(late ? branches(query, COLUMNS, [...filters, ...late.conditions], slice) : []),
  ];
  // What the page could not see matters where reports of the last moments are on it.
  const isNeeded = late ? 'true' : `page.created_at > now() - ${SETTLED_MS} * interval '1 millisecond'`;
  const text = `
    WITH total AS (${totalOf(query, filters)}),
      page AS (SELECT * FROM (${page.join(' UNION ALL ')}) AS branches ${order} LIMIT ${bind(rows)} OFFSET ${bind(offset)})
    SELECT total.total, CASE WHEN ${isNeeded} THEN total.snapshot END AS snapshot, page.*
    FROM total LEFT JOIN (SELECT ${pageColumns(order)} FROM page) AS page ON true ${order}`;
  return { settings: isPlannedEachTime ? PLANNED_EACH_TIME : undefined, text, values };
}

function totalOf(query: IncidentQuery, filters: readonly string[]): string {
  const snapshot = 'pg_current_snapshot()::text AS snapshot';
  if (!isCountedByReading(query)) {
    return `SELECT coalesce(sum(count), 0)::bigint AS total, ${snapshot} FROM incident_counts ${where(filterConditions(query, literal))}`;
  }
  // In order, although it is only counted: that keeps to the index, and the index has all that is needed.
  const counted = branches(query, '1', filters, `${orderOf(query)} LIMIT ${BOUND}`).join(' UNION ALL ');
  return `SELECT count(*) AS total, ${snapshot} FROM (SELECT FROM (${counted}) AS branches LIMIT ${BOUND}) AS counted`;
}
