import { escapeLiteral } from 'pg';
import type { IncidentQuery, PageStart, Position } from '../../../application/incident/incident-list.js';
import { INCIDENT_SOURCES } from '../../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES } from '../../../domain/incident/incident-status.js';
import type { Settings } from '../connection/server-check.js';

/** True of every incident: what asks for it may walk the index of all. */
const ALL = 'id > 0';

/** Puts a value into a statement: as a parameter, or as a literal. */
export type Bind = (value: unknown) => string;

/**
 * For statements that are planned each time. Lists must walk an index in order, whatever the statistics of a young or quickly
 * growing table suggest; these may not be compiled either, which takes longer than they do, nor take several processors.
 */
export const PLANNED_EACH_TIME: Settings = {
  enable_sort: 'off',
  enable_seqscan: 'off',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
};

/** Whether the rows are read from the newest: what lies before a position is read away from it. */
export function isDescending({ order, start }: Pick<IncidentQuery, 'order' | 'start'>): boolean {
  return (order === 'newest-first') !== 'before' in start;
}

export function orderOf(query: Pick<IncidentQuery, 'order' | 'start'>): string {
  const direction = isDescending(query) ? 'DESC' : 'ASC';
  return `ORDER BY created_at ${direction}, id ${direction}`;
}

/** Conditions on the key and on created_at, for every row of the list. */
export function rangeOf({ dedupKey, createdFrom, createdTo }: IncidentQuery, bind: Bind): string[] {
  return [
    ...(dedupKey === undefined ? [] : [`dedup_key = ${bind(dedupKey)}`]),
    ...(createdFrom ? [`created_at >= ${bind(createdFrom)}`] : []),
    ...(createdTo ? [`created_at < ${bind(createdTo)}`] : []),
  ];
}

/**
 * The conditions of the rows of a page. Exactly one of them bounds the side at which the reading begins, as a comparison of rows: of
 * a row and a date PostgreSQL begins at the row, and passes over all that lies between the two.
 */
export function pageConditions(query: IncidentQuery, bind: Bind): string[] {
  const { createdFrom, createdTo } = query;
  return isDescending(query)
    ? [...rangeOf({ ...query, createdTo: undefined }, bind), beginningOf(query, createdTo, bind)]
    : [...rangeOf({ ...query, createdFrom: undefined }, bind), beginningOf(query, createdFrom, bind)];
}

/** @param date at which the reading begins at the earliest, where the position does not lie further on. */
function beginningOf(query: IncidentQuery, date: Date | undefined, bind: Bind): string {
  const position = positionIn(query.start);
  const operator = isDescending(query) ? '<' : '>';
  const isFurtherOn =
    position && (!date || (operator === '<' ? position.createdAt < date : position.createdAt >= date));
  if (isFurtherOn) return compared(operator, position, bind);
  // No incident has this number: `from` itself is in the list, and `to` is not.
  if (date) return compared(operator, { createdAt: date, id: 0 }, bind);
  // True of every row, and the bound of an index all the same: without statistics PostgreSQL 15 would sort here.
  return `(created_at, id) ${operator} (${operator === '<' ? "'infinity'" : "'-infinity'"}, 0)`;
}

/** The condition that leads to the page, by position; none where it is the first. */
export function positionOf(query: Pick<IncidentQuery, 'order' | 'start'>, bind: Bind): string[] {
  const position = positionIn(query.start);
  return position ? [compared(isDescending(query) ? '<' : '>', position, bind)] : [];
}

function positionIn(start: PageStart): Position | undefined {
  if ('offset' in start) return undefined;
  return 'after' in start ? start.after : start.before;
}

export function compared(operator: '<' | '<=' | '>' | '>=', { createdAt, id }: Position, bind: Bind): string {
  return `(created_at, id) ${operator} (${bind(createdAt)}, ${bind(id)})`;
}

/**
 * A part of the list for each pair of status and source: an index has each pair in order, and PostgreSQL merges them.
 * With one condition for all of them it would have to sort.
 */
export function branches(
  query: IncidentQuery,
  columns: string,
  conditions: readonly string[],
  order: string,
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

export function filters({ statuses, sources }: IncidentQuery): string[] {
  return [
    ...(statuses ? [`status IN (${listed(statuses)})`] : []),
    ...(sources ? [`source IN (${listed(sources)})`] : []),
  ];
}

function listed(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(', ');
}

export function where(conditions: readonly string[]): string {
  return conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
}

/** The value as SQL. */
export function literal(value: unknown): string {
  // In words, a year before 1 would need another era.
  if (value instanceof Date) return `(timestamptz 'epoch' + ${value.getTime()} * interval '1 millisecond')`;
  if (Array.isArray(value)) return escapeLiteral(`{${value.join(',')}}`);
  return typeof value === 'number' ? String(value) : escapeLiteral(String(value));
}
