import type {
  IncidentFilters,
  IncidentQuery,
  PageStart,
  Position,
} from '../../../application/incident/incident-list.js';
import type { Attention } from '../../../domain/incident/attention.js';
import type { Settings } from '../connection/server-check.js';
import { type Bind, literal } from '../connection/sql-literal.js';
import {
  attentionBranches,
  attentionCondition,
  attentionsOf,
  ENDED,
  INCIDENT_FILTERS,
  type IncidentFilter,
  isOneOf,
  statusesWith,
} from './incident-filters.js';

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

type Ordered = Pick<IncidentQuery, 'order' | 'start'>;

/** Whether the rows are read in descending order: the rows before a position are read backwards. */
export function isDescending({ order, start }: Ordered): boolean {
  return (order === 'newest-first') !== 'before' in start;
}

export function orderOf(query: Ordered): string {
  const direction = isDescending(query) ? 'DESC' : 'ASC';
  const byTime = `created_at ${direction}, id ${direction}`;
  return query.order === 'attention' ? `ORDER BY attention ${direction}, ${byTime}` : `ORDER BY ${byTime}`;
}

/** The order within a branch, where all have the same attention. */
export function branchOrderOf(query: Ordered): string {
  return orderOf({ start: query.start, order: query.order === 'attention' ? 'oldest-first' : query.order });
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

/**
 * Which conditions are in the branches of a list: those of all filters, or only those by which an index finds the rows, which are
 * then to be compared with the other filters one by one.
 */
type Part = 'all' | 'indexed';

/** The conditions of all given filters. */
export function filterConditions(query: IncidentFilters, bind: Bind, part: Part = 'all'): string[] {
  return conditionsOf(givenFilters(query), bind, part);
}

function conditionsOf(given: readonly GivenFilter[], bind: Bind, part: Part): string[] {
  return given
    .filter(({ isRange }) => part === 'all' || isRange)
    .map(({ condition, value }) => condition(value, bind));
}

/** Conditions that must all hold. */
export type Conditions = readonly string[];

/** The filter whose index the list is read from, if there is one. */
const ownFilterOf = (query: IncidentFilters): GivenFilter | undefined =>
  givenFilters(query).find(({ ownBranches, value }) => ownBranches?.(value, literal, query));

/**
 * The branches of a list in the order of time, which PostgreSQL merges: each is read from an index in order. An index has each
 * pair of status and source in order: with one condition for all pairs, PostgreSQL would have to sort. Other filters are conditions
 * of each branch, and add no branches.
 */
export function filterBranches(query: IncidentFilters, bind: Bind, part: Part = 'all'): Conditions[] {
  const given = givenFilters(query);
  const own = ownFilterOf(query);
  if (own) {
    const others = conditionsOf(
      given.filter(({ name }) => name !== own.name),
      bind,
      part,
    );
    const branches = own.ownBranches!(own.value, literal, query)!;
    return branches.length > 0 ? branches.map((branch) => [branch].concat(others)) : [['false']];
  }
  const others = conditionsOf(
    given.filter(({ allValues }) => !allValues),
    bind,
    part,
  );
  if (given.every(({ allValues }) => !allValues)) return [[ALL, ...others]];
  return pairConditions(query).map((pair) => pair.concat(others));
}

/**
 * The branches of a page, from its start. Exactly one condition, a row comparison, bounds the side at which the scan starts: with a row and
 * a date, PostgreSQL starts at the row, and skips everything between the two.
 */
export function pageBranches(query: IncidentQuery, bind: Bind, part: Part = 'all'): Conditions[] {
  const [dates, start] = isDescending(query)
    ? [{ createdTo: undefined }, query.createdTo]
    : [{ createdFrom: undefined }, query.createdFrom];
  const filters = { ...query, ...dates };
  const position = positionIn(query.start);
  if (query.order !== 'attention') {
    const from = scanStart(query, position, start, bind);
    return filterBranches(filters, bind, part).map((branch) => branch.concat(from));
  }
  const first = position?.attention;
  const isBeyond = (attention: Attention) =>
    first !== undefined && (isDescending(query) ? attention > first : attention < first);
  const all = attentionsOf(filters)
    .filter((attention) => !isBeyond(attention))
    .flatMap((attention) => {
      const from = scanStart(query, attention === first ? position : undefined, start, bind);
      return branchesWith(attention, filters, bind, part).map((branch) => branch.concat(from));
    });
  return all.length > 0 ? all : [['false']];
}

/**
 * The branches of a list with one attention. Those that are RESOLVED or CLOSED are read as in the order of time. Open ones are read by
 * attention, unless another index finds fewer: that of a person or a place.
 */
function branchesWith(
  attention: Attention,
  query: IncidentFilters,
  bind: Bind,
  part: Part,
): readonly Conditions[] {
  const statuses = statusesWith(attention, query);
  const hasStatus = isOneOf('status', statuses);
  if (ENDED.has(attention))
    return filterBranches({ ...query, statuses }, bind, part).map((branch) => branch.concat(hasStatus));
  // What the attention says is no filter any more.
  const others = {
    ...query,
    statuses,
    urgent: undefined,
    untaken: undefined,
    assignee: query.assignee ?? undefined,
  };
  if (ownFilterOf(others))
    return filterBranches(others, bind, part).map((branch) =>
      branch.concat(attentionCondition(attention), hasStatus),
    );
  const conditions = filterConditions(query, bind, part);
  return attentionBranches(attention, query).map((branch) => [branch].concat(conditions));
}

/**
 * @param position where the page starts, in this branch; undefined where all of it is beyond that.
 * @param date where the scan starts at the earliest, unless the position is further on.
 */
function scanStart(
  query: Ordered,
  position: Position | undefined,
  date: Date | undefined,
  bind: Bind,
): string {
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

/** The union of the branches: of each so many rows as are wanted of all. */
export function unionOf(branches: readonly Conditions[], columns: string, slice: string): string {
  return branches
    .map((conditions) => `(SELECT ${columns} FROM incidents ${where(conditions)} ${slice})`)
    .join(' UNION ALL ');
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
