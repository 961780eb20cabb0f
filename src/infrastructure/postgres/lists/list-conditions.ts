import type {
  IncidentFilters,
  IncidentQuery,
  PageStart,
  Position,
} from '../../../application/incident/incident-list.js';
import type { Settings } from '../connection/server-check.js';
import { type Bind, literal } from '../connection/sql-literal.js';
import { INCIDENT_FILTERS, type IncidentFilter } from '../incidents/incident-columns.js';

/** True for every incident: with it, PostgreSQL can scan the index of all incidents. */
const ALL = 'id > 0';

/**
 * Settings for statements that are planned each time. Lists must scan an index in order, whatever the statistics of a new or
 * quickly growing table suggest. JIT compilation would take longer than the statement, and parallel workers would take processors
 * from other requests.
 */
export const PLANNED_EACH_TIME: Settings = {
  enable_sort: 'off',
  enable_seqscan: 'off',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
};

/** Whether the rows are read newest first: the rows before a position are read backwards. */
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

/** Whether the total of such a list needs a scan: `incident_counts` does not cover its filters. */
export function isCountedByScan(query: IncidentFilters): boolean {
  return givenFilters(query).some(({ isCounted }) => !isCounted);
}

/** The conditions of all given filters. */
export function filterConditions(query: IncidentFilters, bind: Bind): string[] {
  return givenFilters(query).map(({ condition, value }) => condition(value, bind));
}

/** The same without the conditions that `branches` adds itself. */
export function conditionsWithinBranch(query: IncidentFilters, bind: Bind): string[] {
  return givenFilters(query)
    .filter(({ allValues }) => !allValues)
    .map(({ condition, value }) => condition(value, bind));
}

/**
 * The conditions of the rows of a page. Exactly one of them, a row comparison, bounds the side at which the scan starts: with a
 * row and a date, PostgreSQL starts at the row, and skips everything between the two.
 */
export function pageConditions(query: IncidentQuery, bind: Bind): string[] {
  const { createdFrom, createdTo } = query;
  return isDescending(query)
    ? [...conditionsWithinBranch({ ...query, createdTo: undefined }, bind), scanStart(query, createdTo, bind)]
    : [
        ...conditionsWithinBranch({ ...query, createdFrom: undefined }, bind),
        scanStart(query, createdFrom, bind),
      ];
}

/** @param date where the scan starts at the earliest, unless the position is further on. */
function scanStart(query: IncidentQuery, date: Date | undefined, bind: Bind): string {
  const position = positionIn(query.start);
  const operator = isDescending(query) ? '<' : '>';
  const isFurtherOn =
    position && (!date || (operator === '<' ? position.createdAt < date : position.createdAt >= date));
  if (isFurtherOn) return compared(operator, position, bind);
  // No incident has the id 0: `from` itself is in the list, and `to` is not.
  if (date) return compared(operator, { createdAt: date, id: 0 }, bind);
  // True for every row, but it is a bound of the index scan: without it and without statistics PostgreSQL 15 would sort.
  return `(created_at, id) ${operator} (${operator === '<' ? "'infinity'" : "'-infinity'"}, 0)`;
}

/** The condition of the position at which the page starts; none for the first page. */
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
 * The branches of a list, which PostgreSQL merges in its order. An index has each pair of status and source in order: with one
 * condition for all pairs, PostgreSQL would have to sort. Other filters are conditions of each branch, and add no branches.
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
