import type { IncidentFilters } from '../../../application/incident/incident-list.js';
import { UNTAKEN } from '../../../domain/incident/attention.js';
import { INCIDENT_SOURCES } from '../../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES, isOpen } from '../../../domain/incident/incident-status.js';
import type { Bind } from '../connection/sql-literal.js';
import { ATTENTION, CHAT_OF_ORIGIN, ENDED_UNASSIGNED } from '../incidents/incident-columns.js';

/** A filter of lists as SQL. */
export interface IncidentFilter<Value> {
  /** The condition of the incidents that match. */
  readonly condition: (value: Value, bind: Bind) => string;
  /**
   * The condition in disjoint parts, for each of which an index has just its incidents in the order of lists; undefined if there is
   * no such index for this value.
   * @param filters all of the list, which limit what the index may have to be read for.
   */
  readonly ownBranches?: (
    value: Value,
    bind: Bind,
    filters: IncidentFilters,
  ) => readonly string[] | undefined;
  /** Whether `incident_counts` has its column: otherwise totals are counted by a scan. */
  readonly isCounted: boolean;
  /** All values of a column of the index by status and source. */
  readonly allValues?: readonly string[];
}

/** A filter by the index of a column. */
function byOwnIndex<Value>(
  condition: (value: Value, bind: Bind) => string,
  hasIndex: (value: Value) => boolean = () => true,
): IncidentFilter<Value> {
  const ownBranches = (value: Value, bind: Bind) => (hasIndex(value) ? [condition(value, bind)] : undefined);
  return { condition, ownBranches, isCounted: false };
}

/**
 * A filter by an index of an expression and the status.
 * @param indexed the condition of the rows in the index, which is true for the values that it has.
 */
function byIndexWithStatus(
  expression: string,
  indexed = 'true',
  hasIndex: (value: string) => boolean = () => true,
): IncidentFilter<readonly string[]> {
  return {
    condition: (values, bind) => `${expression} IN (${values.map(bind).join(', ')})`,
    ownBranches: (values, bind, filters) =>
      values.every(hasIndex)
        ? [...new Set(values)].flatMap((value) =>
            statusesOf(filters).map(
              (status) => `${expression} = ${bind(value)} AND ${isOneOf('status', [status])} AND ${indexed}`,
            ),
          )
        : undefined,
    isCounted: false,
  };
}

const NOT_REST = `channel <> 'rest'`;

const UNTAKEN_BRANCHES = UNTAKEN.map((attention) => `${ATTENTION} = ${attention}`);
const IS_UNTAKEN = `${ATTENTION} IN (${UNTAKEN.join(', ')})`;

/** The filters of lists: conditions, indexes and totals follow from this. The first one with branches of its own is read by them. */
export const INCIDENT_FILTERS: {
  readonly [Name in keyof IncidentFilters]-?: IncidentFilter<Exclude<IncidentFilters[Name], undefined>>;
} = {
  dedupKey: byOwnIndex((dedupKey, bind) => `dedup_key = ${bind(dedupKey)}`),
  duplicateOf: byOwnIndex((duplicateOf, bind) => `duplicate_of = ${bind(duplicateOf)}`),
  origin: byOwnIndex((origin, bind) => `origin = ${bind(origin)}`),
  // The index has each status of a chat in order: most incidents of a chat are closed, and lists are mostly of the others.
  chats: byIndexWithStatus(CHAT_OF_ORIGIN),
  urgent: byOwnIndex(
    (urgent) => (urgent ? 'urgent' : 'NOT urgent'),
    (urgent) => urgent,
  ),
  untaken: {
    condition: (untaken) => (untaken ? IS_UNTAKEN : `NOT ${IS_UNTAKEN}`),
    ownBranches: (untaken) => (untaken ? UNTAKEN_BRANCHES : undefined),
    isCounted: false,
  },
  assignee: {
    condition: (assignee, bind) => (assignee === null ? 'assignee IS NULL' : `assignee = ${bind(assignee)}`),
    ownBranches: (assignee, bind) =>
      assignee === null ? [...UNTAKEN_BRANCHES, ENDED_UNASSIGNED] : [`assignee = ${bind(assignee)}`],
    isCounted: false,
  },
  // The index has no reports by REST, which are most of a usual register: they are filtered in the list of all.
  channels: byIndexWithStatus('channel', NOT_REST, (channel) => channel !== 'rest'),
  statuses: {
    condition: (statuses) => isOneOf('status', statuses),
    isCounted: true,
    allValues: INCIDENT_STATUSES,
  },
  sources: {
    condition: (sources) => isOneOf('source', sources),
    isCounted: true,
    allValues: INCIDENT_SOURCES,
  },
  createdFrom: { condition: (date, bind) => `created_at >= ${bind(date)}`, isCounted: false },
  createdTo: { condition: (date, bind) => `created_at < ${bind(date)}`, isCounted: false },
};

/** The statuses that incidents in the list may have. */
const statusesOf = ({ statuses, untaken }: IncidentFilters) =>
  INCIDENT_STATUSES.filter((status) => (statuses?.includes(status) ?? true) && (!untaken || isOpen(status)));

/** The values are constants of the domain, checked by their type: they need no quoting. */
function isOneOf(column: string, values: readonly string[]): string {
  return values.length === 1
    ? `${column} = '${values[0]}'`
    : `${column} IN (${values.map((value) => `'${value}'`).join(', ')})`;
}
