import { escapeLiteral } from 'pg';
import { type IncidentQuery, MAX_COUNTED } from '../../application/ports/incident-list.js';
import { INCIDENT_SOURCES } from '../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES } from '../../domain/incident/incident-status.js';
import { COLUMNS } from './incident-statements.js';

const BOUND = MAX_COUNTED + 1;
/** The events whose texts make up a description. */
const DESCRIBES = `type IN ('reported', 'description_appended')`;
/** True of every incident: what asks for it may walk the index of all. */
const ALL = 'id > 0';

export interface ListStatement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** Whether the same text serves many requests, with other values: then it is worth preparing. */
  readonly isReusable: boolean;
}

/**
 * One statement for a page and its total, so that they are of one moment. It gives a row for each incident, one more
 * than asked for where there are more, each with the total; and one row with the total alone for an empty page. A
 * total of more than `MAX_COUNTED` means "more than that", where a date or a text is asked for.
 *
 * Every part of it walks an index in order, and stops when it has enough.
 */
export function listStatement(query: IncidentQuery): ListStatement {
  const values: unknown[] = [];
  const isReusable = query.text === undefined;
  // How to search depends on what is searched for, so PostgreSQL is to see it when it plans.
  const bind = (value: unknown) => (isReusable ? `$${values.push(value)}` : literal(value));
  const parts = partsOf(query, bind);
  const [total, page] = query.text === undefined ? plain(query, parts) : search(query, parts, bind);
  const text = `
    WITH ${total}, page AS (${page})
    SELECT total.total, page.* FROM total LEFT JOIN page ON true ${parts.order}`;
  return { text, values, isReusable };
}

interface Parts {
  /** Conditions on the key and on created_at, for every row of the list. */
  readonly range: readonly string[];
  /** The condition that leads to this page, by position. */
  readonly position: readonly string[];
  readonly order: string;
  readonly slice: string;
  /** How many rows are read at most to get at the slice. */
  readonly reach: string;
}

function partsOf(
  { dedupKey, createdFrom, createdTo, order, limit, start }: IncidentQuery,
  bind: (value: unknown) => string,
): Parts {
  const range = [
    ...(dedupKey === undefined ? [] : [`dedup_key = ${bind(dedupKey)}`]),
    ...(createdFrom ? [`created_at >= ${bind(createdFrom)}`] : []),
    ...(createdTo ? [`created_at < ${bind(createdTo)}`] : []),
  ];
  // What lies before a position is read away from it, and turned around afterwards.
  const descending = (order === 'newest-first') !== 'before' in start;
  const position = 'offset' in start ? undefined : 'after' in start ? start.after : start.before;
  const direction = descending ? 'DESC' : 'ASC';
  const [rows, offset] = [limit + 1, 'offset' in start ? start.offset : 0];
  return {
    range,
    position: position
      ? [`(created_at, id) ${descending ? '<' : '>'} (${bind(position.createdAt)}, ${bind(position.id)})`]
      : [],
    order: `ORDER BY created_at ${direction}, id ${direction}`,
    slice: `LIMIT ${bind(rows)} OFFSET ${bind(offset)}`,
    reach: `LIMIT ${bind(rows + offset)}`,
  };
}

function plain(
  query: IncidentQuery,
  { range, position, order, slice, reach }: Parts,
): [total: string, page: string] {
  // In order, although it is only counted: that keeps to the index, and the index has all that is needed.
  const counted = () => branches(query, '1', range, `${order} LIMIT ${BOUND}`).join(' UNION ALL ');
  const total =
    range.length === 0
      ? `SELECT coalesce(sum(count), 0)::bigint AS total FROM incident_counts ${where(filters(query))}`
      : `SELECT count(*) AS total FROM (SELECT FROM (${counted()}) AS branches LIMIT ${BOUND}) AS counted`;
  const rows = branches(query, COLUMNS, [...range, ...position], `${order} ${reach}`);
  return [`total AS (${total})`, `SELECT * FROM (${rows.join(' UNION ALL ')}) AS branches ${order} ${slice}`];
}

/**
 * A part of the list for each pair of status and source: an index has each pair in order, and PostgreSQL merges them.
 * With one condition for all of them it would have to sort.
 */
function branches(
  query: IncidentQuery,
  columns: string,
  conditions: readonly string[],
  order = '',
): string[] {
  const select = (all: readonly string[]) => `(SELECT ${columns} FROM incidents ${where(all)} ${order})`;
  // Incidents with one key are few, and have an index of their own, in order.
  if (query.dedupKey !== undefined) return [select([...filters(query), ...conditions])];
  if (!query.statuses && !query.sources) return [select([ALL, ...conditions])];
  const statuses = new Set(query.statuses ?? INCIDENT_STATUSES);
  const sources = new Set(query.sources ?? INCIDENT_SOURCES);
  // The values are the domain's own words, checked by their type: they need no quoting.
  return [...statuses].flatMap((status) =>
    [...sources].map((source) => select([`status = '${status}'`, `source = '${source}'`, ...conditions])),
  );
}

/**
 * A description consists of the texts in its history, which an index knows by their trigrams. Up to `MAX_COUNTED` hits are
 * found by it, and then put in order. Where there are more, hits are so frequent that the next ones are near in the order
 * of time: the list is walked, and what is no hit is passed over.
 */
function search(
  query: IncidentQuery,
  { range, position, order, slice }: Parts,
  bind: (value: unknown) => string,
): [total: string, page: string] {
  const pattern = bind(`%${query.text!.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
  const known = [...filters(query), ...range];
  const isHit = `id IN (SELECT incident_id FROM incident_events WHERE text ILIKE ${pattern} AND ${DESCRIBES})`;
  const isHitToo = `EXISTS (SELECT FROM incident_events WHERE incident_id = incidents.id AND text ILIKE ${pattern} AND ${DESCRIBES})`;
  const few = `(SELECT total FROM total) < ${BOUND}`;
  const many = `(SELECT total FROM total) >= ${BOUND}`;
  return [
    `hit AS MATERIALIZED (SELECT id, created_at FROM incidents ${where([isHit, ...known])} LIMIT ${BOUND}),
     total AS MATERIALIZED (SELECT count(*) AS total FROM hit)`,
    `(SELECT ${COLUMNS} FROM incidents
      WHERE id IN (SELECT id FROM hit ${where([...position, few])} ${order} ${slice}))
     UNION ALL
     (SELECT ${COLUMNS} FROM incidents ${where([ALL, ...known, ...position, many, isHitToo])} ${order} ${slice})`,
  ];
}

function filters({ statuses, sources }: IncidentQuery): string[] {
  return [
    ...(statuses ? [`status IN (${listed(statuses)})`] : []),
    ...(sources ? [`source IN (${listed(sources)})`] : []),
  ];
}

function listed(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(', ');
}

function where(conditions: readonly string[]): string {
  return conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
}

function literal(value: unknown): string {
  if (value instanceof Date) return `${escapeLiteral(value.toISOString())}::timestamptz`;
  return typeof value === 'number' ? String(value) : escapeLiteral(String(value));
}
