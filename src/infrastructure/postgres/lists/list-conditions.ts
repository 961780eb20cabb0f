import type {
  IncidentFilters,
  IncidentQuery,
  PageStart,
  Position,
} from '../../../application/incident/incident-list.js';
import type { Settings } from '../connection/server-check.js';
import { type Bind, literal } from '../connection/sql-literal.js';
import { INCIDENT_FILTERS, type IncidentFilter } from '../incidents/incident-columns.js';

/** True of every incident: what asks for it may walk the index of all. */
const ALL = 'id > 0';

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

interface GivenFilter extends IncidentFilter<unknown> {
  readonly name: keyof IncidentFilters;
  readonly value: unknown;
}

const FILTERS = Object.entries(INCIDENT_FILTERS) as [keyof IncidentFilters, IncidentFilter<unknown>][];

function givenFilters(query: IncidentFilters): GivenFilter[] {
  return FILTERS.flatMap(([name, filter]) =>
    query[name] === undefined ? [] : [{ name, value: query[name], ...filter }],
  );
}

/** Whether the total of such a list is counted by reading: `incident_counts` knows nothing of its filters. */
export function isCountedByReading(query: IncidentFilters): boolean {
  return givenFilters(query).some(({ isCounted }) => !isCounted);
}

/** The conditions of all filters that are given. */
export function filterConditions(query: IncidentFilters, bind: Bind): string[] {
  return givenFilters(query).map(({ condition, value }) => condition(value, bind));
}

/** The same without those that `branches` adds by itself. */
export function conditionsWithinBranch(query: IncidentFilters, bind: Bind): string[] {
  return givenFilters(query)
    .filter(({ allValues }) => !allValues)
    .map(({ condition, value }) => condition(value, bind));
}

/**
 * The conditions of the rows of a page. Exactly one of them bounds the side at which the reading begins, as a comparison of rows: of
 * a row and a date PostgreSQL begins at the row, and passes over all that lies between the two.
 */
export function pageConditions(query: IncidentQuery, bind: Bind): string[] {
  const { createdFrom, createdTo } = query;
  return isDescending(query)
    ? [
        ...conditionsWithinBranch({ ...query, createdTo: undefined }, bind),
        beginningOf(query, createdTo, bind),
      ]
    : [
        ...conditionsWithinBranch({ ...query, createdFrom: undefined }, bind),
        beginningOf(query, createdFrom, bind),
      ];
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
 * The parts of a list that PostgreSQL merges in its order. An index has each pair of status and source in order: with one
 * condition for all pairs, PostgreSQL would have to sort. Other filters are conditions of each part, and add no parts.
 */
export function branches(
  query: IncidentQuery,
  columns: string,
  conditions: readonly string[],
  order: string,
): string[] {
  const select = (all: readonly string[]) => `(SELECT ${columns} FROM incidents ${where(all)} ${order})`;
  const indexes = new Set(givenFilters(query).map(({ index }) => index));
  if (indexes.has('own')) {
    const split = givenFilters(query).filter(({ allValues }) => allValues);
    return [select([...split.map(({ condition, value }) => condition(value, literal)), ...conditions])];
  }
  if (!indexes.has('by-status-and-source')) return [select([ALL, ...conditions])];
  return pairConditions(query).map((pair) => select([...pair, ...conditions]));
}

/** The conditions of each pair of a status and a source in the list. */
function pairConditions(query: IncidentFilters): string[][] {
  return FILTERS.reduce<string[][]>(
    (pairs, [name, { condition, allValues }]) => {
      if (!allValues) return pairs;
      const values = new Set((query[name] as readonly string[] | undefined) ?? allValues);
      return pairs.flatMap((pair) => [...values].map((value) => pair.concat(condition([value], literal))));
    },
    [[]],
  );
}

export function where(conditions: readonly string[]): string {
  return conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
}
