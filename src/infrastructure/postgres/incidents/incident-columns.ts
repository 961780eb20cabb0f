import type { EntitySchemaColumnOptions } from 'typeorm';
import { INCIDENT_SOURCES } from '../../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES } from '../../../domain/incident/incident-status.js';
import type { IncidentState, Report } from '../../../domain/incident/incident-state.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import type { ArrayColumn } from '../connection/array-parameters.js';
import type { RowOf } from '../connection/row.js';

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

/** The time of a change, which a new incident does not have. */
const optionalTime = <Name extends string>(
  name: Name,
  of: (incident: IncidentState) => Date | undefined,
) => ({
  name,
  definition: { ...timestamp, nullable: true } as const,
  changed: (incident: IncidentState) => {
    const at = of(incident);
    return at ? isoTime(at) : null;
  },
  replayed: `record.${name}`,
});

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
  // Only imported incidents have one. It is among the columns of the report's event.
  reportedAt: {
    name: 'reported_at',
    definition: { ...timestamp, nullable: true },
    reported: 'reported_at',
  },
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
  urgent: {
    name: 'urgent',
    definition: { type: 'boolean', default: false },
    reported: ({ urgent = false }) => urgent,
    changed: ({ urgent }) => urgent,
    replayed: `CASE WHEN record.version > 1 THEN record.urgent ELSE EXISTS (
        SELECT FROM incident_events WHERE incident_id = incident.id AND seq = 1 AND urgent
      ) END`,
  },
  assignee: {
    name: 'assignee',
    definition: { type: 'text', nullable: true },
    changed: ({ assignee }) => assignee ?? null,
    replayed: 'record.assignee',
  },
  takenAt: optionalTime('taken_at', ({ takenAt }) => takenAt),
  resolvedAt: optionalTime('resolved_at', ({ resolvedAt }) => resolvedAt),
  closedAt: optionalTime('closed_at', ({ closedAt }) => closedAt),
  origin: {
    name: 'origin',
    definition: { type: 'text', nullable: true },
    reported: ({ origin }) => origin ?? null,
  },
  duplicateOf: {
    name: 'duplicate_of',
    definition: { type: 'bigint', nullable: true },
    changed: ({ duplicateOf }) => duplicateOf ?? null,
    replayed: 'record.duplicate_of',
  },
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

/** Incidents that ended without anybody working on them. */
export const ENDED_UNASSIGNED = `assignee IS NULL AND status IN ('RESOLVED', 'CLOSED')`;

/** `attentionOf` in the domain, as SQL: the expression of the index. */
export const ATTENTION = `(CASE status WHEN 'RESOLVED' THEN 4 WHEN 'CLOSED' THEN 5
  ELSE CASE WHEN urgent THEN 0 ELSE 2 END + CASE WHEN assignee IS NULL THEN 0 ELSE 1 END END)`;

/**
 * `chatOf` in the domain, as SQL: the expression of the index. It has no limits of length, and extracts nothing by the regular
 * expression: with either, PostgreSQL takes twenty times as long, for each report of a chat.
 */
export const CHAT_OF_ORIGIN = `(CASE WHEN origin ~ '^[a-z][a-z0-9-]*:[A-Za-z0-9_.-]+:'
  THEN split_part(origin, ':', 1) || ':' || split_part(origin, ':', 2) END)`;
