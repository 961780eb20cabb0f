import type { IdempotencyKey } from '../../../domain/incident/idempotency.js';
import type { IncidentEvent } from '../../../domain/incident/incident-events.js';
import { textLength } from '../../../domain/incident/incident-text.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import type { Incident } from '../../../domain/incident/incident.js';
import { type ArrayColumn, arrayParameters, arraysOf, columnNames } from '../connection/array-parameters.js';
import { KEY_COLUMNS, keyLockTimeout } from '../idempotency/idempotency-records.js';
import { CHANGED_COLUMNS, CHAT_OF_ORIGIN } from './incident-columns.js';
import { INCIDENT_EVENT_COLUMNS } from './incident-event-columns.js';
import { prepared } from '../connection/statement.js';

/** An idempotency key, and the incident as the request with that key has left it. */
export interface KeyReservation {
  readonly idempotency: IdempotencyKey;
  readonly incident: Incident;
}

/** The changes of one incident by several requests, one after the other. */
export interface IncidentChange {
  readonly from: Incident;
  readonly to: Incident;
  readonly events: readonly IncidentEvent[];
  readonly keyReservations: readonly KeyReservation[];
}

interface NewEvent {
  readonly incidentId: IncidentId;
  readonly event: IncidentEvent;
}

/** The same columns for items that have what the columns are of. */
function within<Item, Part>(
  partOf: (item: Item) => Part,
  columns: readonly ArrayColumn<Part>[],
): readonly ArrayColumn<Item>[] {
  return columns.map(({ name, type, valueOf }) => ({ name, type, valueOf: (item) => valueOf(partOf(item)) }));
}

const CHANGE_COLUMNS: readonly ArrayColumn<IncidentChange>[] = [
  { name: 'id', type: 'bigint', valueOf: ({ from }) => from.id },
  { name: 'old_version', type: 'integer', valueOf: ({ from }) => from.version },
  ...within(({ to }: IncidentChange) => to.state, CHANGED_COLUMNS),
];
const EVENT_COLUMNS: readonly ArrayColumn<NewEvent>[] = [
  { name: 'incident_id', type: 'bigint', valueOf: ({ incidentId }) => incidentId },
  ...within(({ event }: NewEvent) => event, INCIDENT_EVENT_COLUMNS),
];
const RESERVATION_COLUMNS: readonly ArrayColumn<KeyReservation>[] = [
  ...within(({ idempotency }: KeyReservation) => idempotency, KEY_COLUMNS),
  { name: 'incident_id', type: 'bigint', valueOf: ({ incident }) => incident.id },
  ...within(
    ({ incident }: KeyReservation) => incident.state,
    CHANGED_COLUMNS.filter(({ name }) => name !== 'description'),
  ),
  // In code points: a description only grows, so its length says what it was.
  {
    name: 'description_length',
    type: 'integer',
    valueOf: ({ incident }) => textLength(incident.description),
  },
];

const IDS = '$1';
const FIRST_EVENT = CHANGE_COLUMNS.length + 1;
const FIRST_RESERVATION = FIRST_EVENT + EVENT_COLUMNS.length;
const LOCK_TIMEOUT = `$${FIRST_RESERVATION + RESERVATION_COLUMNS.length}`;

/** @param condition of all rows that are saved. */
const saveChanges = (locking: string, condition = 'true') => `
    WITH change AS (
      SELECT * FROM unnest(${arrayParameters(CHANGE_COLUMNS)}) AS change (${columnNames(CHANGE_COLUMNS)})
    ), locked AS MATERIALIZED (
      SELECT incidents.id, incidents.version FROM ${locking} WHERE id = ANY(${IDS}::bigint[]) ORDER BY id FOR NO KEY UPDATE OF incidents
    ), saved AS (
      UPDATE incidents SET ${CHANGED_COLUMNS.map(({ name }) => `${name} = change.${name}`).join(', ')}
      FROM change
      -- All rows are locked before the first is changed. A join would compare each with each.
      WHERE (SELECT count(*) FROM locked) > 0
        AND incidents.id = change.id AND incidents.version = change.old_version AND ${condition}
      RETURNING incidents.id
    ), event AS (
      INSERT INTO incident_events (${columnNames(EVENT_COLUMNS)})
      SELECT event.*
      FROM unnest(${arrayParameters(EVENT_COLUMNS, FIRST_EVENT)}) AS event (${columnNames(EVENT_COLUMNS)})
      JOIN saved ON saved.id = event.incident_id
    )`;

/**
 * Saves changed incidents and their events. Returns the ids of those that were still at the version that the change was made
 * from: of the others nothing is saved. Rows are locked in the order of their ids, so that two batches never wait for each
 * other.
 */
export const SAVE = prepared(`${saveChanges('incidents')} SELECT id FROM saved`);

/**
 * The same for changes of which some have idempotency keys. Where a key is taken already, this is a unique violation, and
 * nothing is saved. Keys are reserved after the rows are locked, and in their order. A change that is sent again while another
 * process makes it waits for the row, as for a key: at most for the lock timeout.
 */
export const SAVE_ONCE = prepared(keyed());

const parameterOf = (name: string) =>
  `$${FIRST_EVENT + EVENT_COLUMNS.findIndex((column) => column.name === name)}::bigint[]`;

/** Stores the chat of a duplicate, and those of its own duplicates, for its original: see `CreateFeed`. */
const LINK_CHATS = `linked_chats AS (
    INSERT INTO duplicate_chats (incident_id, chat)
    SELECT link.incident_id, duplicate.chat
    FROM unnest(${parameterOf('incident_id')}, ${parameterOf('duplicate_id')}) AS link (incident_id, duplicate_id)
    JOIN saved ON saved.id = link.incident_id
    CROSS JOIN LATERAL (
      SELECT ${CHAT_OF_ORIGIN} AS chat FROM incidents WHERE id = link.duplicate_id
      UNION
      SELECT chat FROM duplicate_chats WHERE incident_id = link.duplicate_id
    ) AS duplicate
    WHERE duplicate.chat IS NOT NULL
    ON CONFLICT DO NOTHING
  )`;

/**
 * The same for changes of which none is saved unless all are. The locked rows are the current ones, so that no change can come
 * between this condition and the update.
 */
export const SAVE_TOGETHER = prepared(
  keyed({
    condition: `(
        SELECT bool_and(coalesce(locked.version = change.old_version, false))
        FROM change LEFT JOIN locked USING (id)
      )`,
    also: `, ${LINK_CHATS}`,
  }),
);

/** @param also further parts of the statement. */
function keyed({ condition, also = '' }: { condition?: string; also?: string } = {}): string {
  return `
  ${saveChanges(`set_config('lock_timeout', ${LOCK_TIMEOUT}, true), incidents`, condition)}, reserved AS (
    INSERT INTO idempotency_records (${columnNames(RESERVATION_COLUMNS)}, at)
    SELECT reservation.*, now()
    FROM unnest(${arrayParameters(RESERVATION_COLUMNS, FIRST_RESERVATION)})
      AS reservation (${columnNames(RESERVATION_COLUMNS)})
    JOIN saved ON saved.id = reservation.incident_id
    ORDER BY scope, key
  )${also}
  SELECT id FROM saved`;
}

/** The parameters of SAVE. */
export function changeValues(changes: readonly IncidentChange[]): readonly unknown[] {
  const events = changes.flatMap(({ from, events }) =>
    events.map((event) => ({ incidentId: from.id, event })),
  );
  return [...arraysOf(CHANGE_COLUMNS, changes), ...arraysOf(EVENT_COLUMNS, events)];
}

/**
 * The parameters of SAVE_ONCE and SAVE_TOGETHER.
 * @param batchSize how many requests the caller sends together.
 */
export function keyedChangeValues(changes: readonly IncidentChange[], batchSize: number): readonly unknown[] {
  const reservations = changes.flatMap(({ keyReservations }) => keyReservations);
  return [
    ...changeValues(changes),
    ...arraysOf(RESERVATION_COLUMNS, reservations),
    keyLockTimeout(batchSize),
  ];
}
