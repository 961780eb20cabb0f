import type { Timer, EvaluatedIncident } from '../../../application/attention/timers.js';
import type { ReminderEvent } from '../../../domain/incident/incident-events.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import { type ArrayColumn, arrayParameters, arraysOf, columnNames } from '../connection/array-parameters.js';
import { prepared, type SetUpStatement } from '../connection/statement.js';
import { INCIDENT_EVENT_COLUMNS } from '../incidents/incident-event-columns.js';

/** The duration of the lease of a timer: completing a batch takes far less. */
const LEASE_SECONDS = 30;

const leaseEnd = (leasedAt: string) => `${leasedAt}::timestamptz + interval '${LEASE_SECONDS} seconds'`;

/**
 * Few timers become many within seconds, as when a policy is set. A plan that was prepared for few would scan the whole table for
 * each batch, for as long as the statistics are old.
 */
const ANY_NUMBER = { enable_seqscan: 'off' };

/** The last event of an incident that meets a condition. */
const last = (condition: string) => `
      (SELECT event.seq, event.at FROM incident_events AS event
       WHERE event.incident_id = incidents.id AND ${condition} ORDER BY event.seq DESC LIMIT 1)`;

/** The event since which nobody works on an incident, if it is not its report. */
const RELEASED = last("incidents.assignee IS NULL AND incidents.version > 1 AND event.type = 'unassigned'");
const REOPENED = last(
  `incidents.assignee IS NULL AND incidents.version > 1 AND event.to_status IS NOT NULL AND event.from_status = 'RESOLVED'`,
);
/** Of an incident that somebody works on; only reminders are skipped. */
const ACTIVITY = last("incidents.assignee IS NOT NULL AND event.type NOT IN ('reminded', 'escalated')");

/** The facts of incidents: see `AttentionFacts`. */
const FACTS = `
  incidents.id, incidents.version, incidents.status, incidents.source, incidents.channel, incidents.urgent, incidents.assignee,
  incidents.updated_at, incidents.origin,
  coalesce(stage.seq, 1) AS stage_seq, coalesce(stage.at, incidents.created_at) AS stage_at,
  reminder.seq AS reminder_seq, reminder.at AS reminder_at, reminder.purpose, reminder.reminder_number`;
const HISTORY = `
  LEFT JOIN LATERAL (
    SELECT seq, at FROM (${RELEASED} UNION ALL ${REOPENED} UNION ALL ${ACTIVITY}) AS start
    ORDER BY seq DESC LIMIT 1
  ) AS stage ON true
  LEFT JOIN LATERAL (
    SELECT seq, at, purpose, reminder_number FROM incident_events AS event
    WHERE event.incident_id = incidents.id AND incidents.version > 1 AND type IN ('reminded', 'escalated')
    ORDER BY seq DESC LIMIT 1
  ) AS reminder ON true`;

/**
 * The facts of the incidents among these ids that a policy may apply to: open, with an origin or of one of the sources. The last value
 * leaves out those that have a timer for their version.
 */
export const FIND_FACTS = prepared(`
  SELECT ${FACTS} FROM incidents ${HISTORY}
  WHERE incidents.id = ANY($1::bigint[]) AND incidents.status IN ('NEW', 'IN_PROGRESS')
    AND (incidents.origin IS NOT NULL OR incidents.source = ANY($2::incident_source[]))
    AND NOT ($3 AND coalesce((SELECT timers.version FROM timers WHERE incident_id = incidents.id), 0) >= incidents.version)`);

/**
 * Leases due timers. The facts of their incidents are of one snapshot: whether a reminder is stored depends on the version.
 * Arrays of ids, here and below, make PostgreSQL use primary keys: for joins it would scan whole tables.
 */
export const LEASE_TIMERS: SetUpStatement = {
  settings: ANY_NUMBER,
  text: `
  WITH due AS MATERIALIZED (
    SELECT incident_id FROM timers WHERE greatest(due_at, taken_until) <= $1
    ORDER BY greatest(due_at, taken_until) LIMIT $2 FOR UPDATE SKIP LOCKED
  ), leased AS (
    UPDATE timers SET taken_until = ${leaseEnd('$1')}
    WHERE incident_id = ANY(ARRAY(SELECT incident_id FROM due))
    RETURNING incident_id
  )
  SELECT ${FACTS} FROM incidents ${HISTORY} WHERE incidents.id = ANY(ARRAY(SELECT incident_id FROM leased))`,
};

const TIMER_COLUMNS: readonly ArrayColumn<Timer>[] = [
  { name: 'incident_id', type: 'bigint', valueOf: ({ facts }) => facts.id },
  { name: 'version', type: 'integer', valueOf: ({ facts }) => facts.version },
  { name: 'due_at', type: 'timestamptz', valueOf: ({ dueAt }) => isoTime(dueAt) },
];

/** Sets timers in the order of their incidents, so that two statements never wait for each other, and ends their leases. */
export const SET_TIMERS = prepared(`
  INSERT INTO timers (${columnNames(TIMER_COLUMNS)})
  SELECT * FROM unnest(${arrayParameters(TIMER_COLUMNS)}) AS timer (${columnNames(TIMER_COLUMNS)}) ORDER BY incident_id
  ON CONFLICT (incident_id) DO UPDATE
  SET version = excluded.version, due_at = excluded.due_at, taken_until = '-infinity'
  WHERE timers.version <= excluded.version`);

/** The parameters of SET_TIMERS. */
export const timerValues = (timers: readonly Timer[]): readonly unknown[] => arraysOf(TIMER_COLUMNS, timers);

const EVALUATED_COLUMNS: readonly ArrayColumn<EvaluatedIncident>[] = [
  { name: 'incident_id', type: 'bigint', valueOf: ({ facts }) => facts.id },
  { name: 'old_version', type: 'integer', valueOf: ({ facts }) => facts.version },
  { name: 'version', type: 'integer', valueOf: ({ facts, event }) => event?.seq ?? facts.version },
  { name: 'updated_at', type: 'timestamptz', valueOf: ({ event }) => (event ? isoTime(event.at) : null) },
  { name: 'due_at', type: 'timestamptz', valueOf: ({ nextAt }) => (nextAt ? isoTime(nextAt) : null) },
];

interface NewReminder {
  readonly incidentId: IncidentId;
  readonly event: ReminderEvent;
}

const REMINDER_COLUMNS: readonly ArrayColumn<NewReminder>[] = [
  { name: 'incident_id', type: 'bigint', valueOf: ({ incidentId }) => incidentId },
  ...INCIDENT_EVENT_COLUMNS.map(({ name, type, valueOf }) => ({
    name,
    type,
    valueOf: ({ event }: NewReminder) => valueOf(event),
  })),
];

const FIRST_REMINDER = EVALUATED_COLUMNS.length + 1;
const LEASED_AT = `$${FIRST_REMINDER + REMINDER_COLUMNS.length}`;

/**
 * Completes leased timers: see `Timers.complete`. Returns the ids of the incidents that got a reminder. The end of a lease tells whether
 * a timer was set or leased again. The rows of incidents, then those of timers are locked in the order of their ids, so that two
 * statements never wait for each other. `IS TRUE` makes PostgreSQL hash the ids: it expects a few, and would compare each with each.
 */
export const COMPLETE_TIMERS: SetUpStatement = {
  settings: ANY_NUMBER,
  text: `
  WITH evaluated AS MATERIALIZED (
    SELECT * FROM unnest(${arrayParameters(EVALUATED_COLUMNS)}) AS evaluated (${columnNames(EVALUATED_COLUMNS)})
  ), locked AS MATERIALIZED (
    SELECT id FROM incidents WHERE id = ANY($${FIRST_REMINDER}::bigint[]) ORDER BY id FOR NO KEY UPDATE
  ), saved AS (
    UPDATE incidents SET version = evaluated.version, updated_at = evaluated.updated_at
    FROM evaluated
    WHERE (SELECT count(*) FROM locked) > 0 AND evaluated.version > evaluated.old_version
      AND incidents.id = evaluated.incident_id AND incidents.version = evaluated.old_version
    RETURNING incidents.id
  ), event AS (
    INSERT INTO incident_events (${columnNames(REMINDER_COLUMNS)})
    SELECT ${columnNames(REMINDER_COLUMNS)}
    FROM unnest(${arrayParameters(REMINDER_COLUMNS, FIRST_REMINDER)}) AS event (${columnNames(REMINDER_COLUMNS)})
    WHERE (event.incident_id IN (SELECT id FROM saved)) IS TRUE
  ), completed AS MATERIALIZED (
    SELECT timers.incident_id, evaluated.version, evaluated.due_at
    FROM timers JOIN evaluated USING (incident_id)
    WHERE timers.version <= evaluated.version AND timers.taken_until = ${leaseEnd(LEASED_AT)}
      AND (evaluated.version = evaluated.old_version OR incident_id IN (SELECT id FROM saved))
    ORDER BY timers.incident_id FOR UPDATE OF timers
  ), removed AS (
    DELETE FROM timers USING completed WHERE timers.incident_id = completed.incident_id AND completed.due_at IS NULL
  ), next AS (
    UPDATE timers SET version = completed.version, due_at = completed.due_at, taken_until = '-infinity'
    FROM completed WHERE timers.incident_id = completed.incident_id AND completed.due_at IS NOT NULL
  )
  SELECT id FROM saved`,
};

/** The parameters of COMPLETE_TIMERS. */
export function completionValues(
  evaluated: readonly EvaluatedIncident[],
  leasedAt: Date,
): readonly unknown[] {
  const reminders = evaluated.flatMap(({ facts, event }) => (event ? [{ incidentId: facts.id, event }] : []));
  return [
    ...arraysOf(EVALUATED_COLUMNS, evaluated),
    ...arraysOf(REMINDER_COLUMNS, reminders),
    isoTime(leasedAt),
  ];
}

/** How long the timer that is due for longest, and not leased, has been due, in seconds; 0 without one. */
export const OVERDUE = prepared(`
  SELECT coalesce(greatest(extract(epoch FROM $1::timestamptz - (
    SELECT greatest(due_at, taken_until) FROM timers ORDER BY greatest(due_at, taken_until) LIMIT 1
  )), 0), 0)::float8 AS seconds`);
