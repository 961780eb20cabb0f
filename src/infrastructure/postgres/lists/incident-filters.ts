import type { IncidentFilters } from '../../../application/incident/incident-list.js';
import { type Attention, ATTENTIONS, UNTAKEN } from '../../../domain/incident/attention.js';
import { INCIDENT_SOURCES } from '../../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES, type IncidentStatus, isOpen } from '../../../domain/incident/incident-status.js';
import type { Bind } from '../connection/sql-literal.js';
import { ATTENTION, CHAT_OF_ORIGIN } from '../incidents/incident-columns.js';

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
  /** Whether it is a range in the order of every index: then a scan reads no other rows. */
  readonly isRange?: boolean;
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
            withEach(statusesOf(filters), `${expression} = ${bind(value)} AND ${indexed}`),
          )
        : undefined,
    isCounted: false,
  };
}

/** The condition with each of these statuses. */
const withEach = (statuses: readonly IncidentStatus[], condition: string) =>
  statuses.map((status) => `${condition} AND ${isOneOf('status', [status])}`);

const NOT_REST = `channel <> 'rest'`;

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
    ownBranches: (untaken, _, filters) => (untaken ? openBranches(filters) : undefined),
    isCounted: false,
  },
  assignee: {
    condition: (assignee, bind) => (assignee === null ? 'assignee IS NULL' : `assignee = ${bind(assignee)}`),
    ownBranches: (assignee, bind, filters) =>
      assignee === null
        ? [...openBranches(filters), ...withEach(endedStatusesOf(filters), 'assignee IS NULL')]
        : withEach(statusesOf(filters), `assignee = ${bind(assignee)}`),
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
  createdFrom: { condition: (date, bind) => `created_at >= ${bind(date)}`, isCounted: false, isRange: true },
  createdTo: { condition: (date, bind) => `created_at < ${bind(date)}`, isCounted: false, isRange: true },
};

/** The statuses that incidents in the list may have. */
const statusesOf = ({ statuses, untaken }: IncidentFilters): readonly IncidentStatus[] =>
  INCIDENT_STATUSES.filter((status) => (statuses?.includes(status) ?? true) && (!untaken || isOpen(status)));

const endedStatusesOf = (filters: IncidentFilters) => statusesOf(filters).filter((status) => !isOpen(status));

/** The statuses that have an attention of their own. */
export const ENDED: ReadonlyMap<Attention, IncidentStatus> = new Map([
  [4, 'RESOLVED'],
  [5, 'CLOSED'],
]);

/** The statuses of incidents in the list that may have this attention: nobody works on a NEW one. */
export function statusesWith(attention: Attention, filters: IncidentFilters): readonly IncidentStatus[] {
  const ended = ENDED.get(attention);
  return statusesOf(filters).filter((status) =>
    ended ? status === ended : isOpen(status) && (status !== 'NEW' || UNTAKEN.includes(attention)),
  );
}

/** The attentions that incidents in the list may have. */
export function attentionsOf(filters: IncidentFilters): readonly Attention[] {
  const { urgent, assignee, untaken } = filters;
  return ATTENTIONS.filter((attention) => {
    if (statusesWith(attention, filters).length === 0) return false;
    const isUntaken = UNTAKEN.includes(attention);
    return (
      ENDED.has(attention) ||
      ((urgent ?? isUrgent(attention)) === isUrgent(attention) &&
        (untaken ?? isUntaken) === isUntaken &&
        (assignee === undefined || (assignee === null) === isUntaken))
    );
  });
}

/** Whether open incidents with this attention are urgent. */
const isUrgent = (attention: Attention) => attention < 2;

/** The conditions of open incidents in the list with this attention, in parts that its index has in the order of lists. */
export const attentionBranches = (attention: Attention, filters: IncidentFilters): readonly string[] =>
  withEach(statusesWith(attention, filters), `${ATTENTION} = ${attention}`);

/** The condition of this attention among open incidents that another index finds. */
export const attentionCondition = (attention: Attention): string =>
  `${isUrgent(attention) ? 'urgent' : 'NOT urgent'} AND assignee IS ${UNTAKEN.includes(attention) ? '' : 'NOT '}NULL`;

/** The conditions of open incidents in the list, in parts that the index by attention has in the order of lists. */
const openBranches = (filters: IncidentFilters) =>
  attentionsOf(filters)
    .filter((attention) => !ENDED.has(attention))
    .flatMap((attention) => attentionBranches(attention, filters));

/** The values are constants of the domain, checked by their type: they need no quoting. */
export function isOneOf(column: string, values: readonly string[]): string {
  return values.length === 1
    ? `${column} = '${values[0]}'`
    : `${column} IN (${values.map((value) => `'${value}'`).join(', ')})`;
}
