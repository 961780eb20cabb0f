import type { EntitySchemaColumnOptions } from 'typeorm';
import type { IncidentFilters } from '../../../application/incident/incident-list.js';
import { INCIDENT_SOURCES } from '../../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES } from '../../../domain/incident/incident-status.js';
import type { IncidentState, Report } from '../../../domain/incident/incident.js';
import { isoTime } from '../../../shared/iso-time.js';
import type { ArrayColumn } from '../connection/array-parameters.js';
import type { RowOf } from '../connection/row.js';
import type { Bind } from '../connection/sql-literal.js';

/** A column of `incidents`, and how a property of an incident is stored in it. */
type IncidentColumn = {
  readonly name: string;
  /** Its type, nullability and default, as TypeORM has them. */
  readonly definition: EntitySchemaColumnOptions & { readonly type: string };
  /**
   * The value in a new incident: a value of its report, or SQL over the report's columns. Without it, the default of the column.
   */
  readonly reported?: ((report: Report) => unknown) | string;
  /** The property whose value applies if the column is null; by default there is none. */
  readonly ifNull?: keyof IncidentState;
} & (
  | {
      /** The value in a changed incident. */
      readonly changed: (incident: IncidentState) => unknown;
      /**
       * SQL for the value after an earlier request, over its `record` in `idempotency_records` and the `incident` as it is now.
       * A record of version 1 has only the version.
       */
      readonly replayed: string;
    }
  | { readonly changed?: undefined; readonly replayed?: undefined }
);

const timestamp = { type: 'timestamptz', precision: 3 } as const;

/** How each property of an incident is stored: statements, rows and lists follow from this. */
export const INCIDENT_COLUMNS = {
  id: { name: 'id', definition: { type: 'bigint' }, reported: 'id' },
  description: {
    name: 'description',
    definition: { type: 'text' },
    reported: ({ description }) => description,
    changed: ({ description }) => description,
    // A description only grows, so its length determines what it was.
    replayed: `CASE WHEN record.version > 1 THEN left(incident.description, record.description_length) ELSE (
        SELECT text FROM incident_events WHERE incident_id = incident.id AND seq = 1
      ) END`,
  },
  status: {
    name: 'status',
    definition: { type: 'enum', enum: [...INCIDENT_STATUSES], enumName: 'incident_status' },
    reported: `'NEW'`,
    changed: ({ status }) => status,
    replayed: `coalesce(record.status, 'NEW')`,
  },
  source: {
    name: 'source',
    definition: { type: 'enum', enum: [...INCIDENT_SOURCES], enumName: 'incident_source' },
    reported: ({ source }) => source,
  },
  channel: {
    name: 'channel',
    definition: { type: 'text', default: 'rest' },
    reported: ({ channel }) => channel,
  },
  version: {
    name: 'version',
    definition: { type: 'integer' },
    reported: '1',
    changed: ({ version }) => version,
    replayed: 'record.version',
  },
  createdAt: { name: 'created_at', definition: timestamp, reported: 'at' },
  updatedAt: {
    name: 'updated_at',
    definition: timestamp,
    reported: 'at',
    changed: ({ updatedAt }) => isoTime(updatedAt),
    replayed: 'coalesce(record.updated_at, incident.created_at)',
  },
  dedupKey: {
    name: 'dedup_key',
    definition: { type: 'text', nullable: true },
    reported: ({ dedupKey }) => dedupKey ?? null,
  },
  occurrences: {
    name: 'occurrences',
    definition: { type: 'integer', default: 1 },
    changed: ({ occurrences }) => occurrences,
    replayed: 'coalesce(record.occurrences, 1)',
  },
  lastSeenAt: {
    name: 'last_seen_at',
    definition: { ...timestamp, nullable: true },
    // Most incidents are reported once: they have null.
    changed: ({ occurrences, lastSeenAt }) => (occurrences === 1 ? null : isoTime(lastSeenAt)),
    replayed: 'record.last_seen_at',
    ifNull: 'createdAt',
  },
  // Only reports with a deduplication key have one: see ADD_UNLESS_OPEN.
  previousId: { name: 'previous_id', definition: { type: 'bigint', nullable: true } },
} as const satisfies { readonly [Property in keyof IncidentState]: IncidentColumn };

type Columns = typeof INCIDENT_COLUMNS;

/** A row of `incidents`. */
export type IncidentRow = {
  readonly [Property in keyof Columns as Columns[Property]['name']]: RowOf<IncidentState>[Property];
};

/** All columns with the properties that they store. */
export const ALL_COLUMNS = Object.entries(INCIDENT_COLUMNS).map(([property, column]) =>
  Object.assign(
    { property: property as keyof IncidentState },
    column as IncidentColumn & { readonly name: keyof IncidentRow },
  ),
);

/** The columns that reports have values for. */
export const REPORTED_COLUMNS: readonly ArrayColumn<Report>[] = ALL_COLUMNS.flatMap(
  ({ name, definition, reported }) =>
    typeof reported === 'function' ? [{ name, type: sqlTypeOf(definition), valueOf: reported }] : [],
);

/** The columns that changes of an incident may change. */
export const CHANGED_COLUMNS: readonly ArrayColumn<IncidentState>[] = ALL_COLUMNS.flatMap(
  ({ name, definition, changed }) =>
    changed ? [{ name, type: sqlTypeOf(definition), valueOf: changed }] : [],
);

/** The columns of the incident that a report makes, each with the SQL for its value over the columns of the report. */
export const INSERTED_COLUMNS: readonly { readonly name: string; readonly value: string }[] =
  ALL_COLUMNS.flatMap(({ name, reported }) =>
    reported === undefined ? [] : [{ name, value: typeof reported === 'string' ? reported : name }],
  );

function sqlTypeOf({ type, enumName }: IncidentColumn['definition']): string {
  return enumName ?? type;
}

/** An index that has the incidents in the order of lists; `own` is the index of deduplication keys. */
type ListIndex = 'by-time' | 'by-status-and-source' | 'own';

/** A filter of lists as SQL. */
export interface IncidentFilter<Value> {
  /** The condition of the incidents that match. */
  readonly condition: (value: Value, bind: Bind) => string;
  /**
   * The index that a list with this filter scans. The index of all incidents serves filters that most incidents match; the one by
   * status and source is scanned once for each pair of them; an index of its own is preferred to both.
   */
  readonly index: ListIndex;
  /** Whether `incident_counts` has its column: otherwise totals are counted by a scan. */
  readonly isCounted: boolean;
  /** All values of its column, if the index is by that column. */
  readonly allValues?: readonly string[];
}

/** The filters of lists: conditions, indexes and totals follow from this. */
export const INCIDENT_FILTERS: {
  readonly [Name in keyof IncidentFilters]-?: IncidentFilter<Exclude<IncidentFilters[Name], undefined>>;
} = {
  statuses: {
    condition: (statuses) => isOneOf('status', statuses),
    index: 'by-status-and-source',
    isCounted: true,
    allValues: INCIDENT_STATUSES,
  },
  sources: {
    condition: (sources) => isOneOf('source', sources),
    index: 'by-status-and-source',
    isCounted: true,
    allValues: INCIDENT_SOURCES,
  },
  dedupKey: {
    condition: (dedupKey, bind) => `dedup_key = ${bind(dedupKey)}`,
    index: 'own',
    isCounted: false,
  },
  createdFrom: {
    condition: (date, bind) => `created_at >= ${bind(date)}`,
    index: 'by-time',
    isCounted: false,
  },
  createdTo: {
    condition: (date, bind) => `created_at < ${bind(date)}`,
    index: 'by-time',
    isCounted: false,
  },
};

/** The values are constants of the domain, checked by their type: they need no quoting. */
function isOneOf(column: string, values: readonly string[]): string {
  return values.length === 1
    ? `${column} = '${values[0]}'`
    : `${column} IN (${values.map((value) => `'${value}'`).join(', ')})`;
}
