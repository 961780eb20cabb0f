import { MAX_OUTPUTS } from '../../../application/heartbeat/heartbeats.js';
import type { Evaluation } from '../../../domain/heartbeat/evaluation.js';
import type { PingKind } from '../../../domain/heartbeat/heartbeat.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import { type ArrayColumn, arrayParameters, arraysOf, columnNames } from '../connection/array-parameters.js';
import { prepared, type SetUpStatement, type Statement } from '../connection/statement.js';

/** The columns that a heartbeat is read from. */
const COLUMNS = `id, name, every_ms, cron, time_zone, grace_ms, source, urgent, description, created_at, changed_at, start_seq, start_at,
  success_seq, success_at, failure_seq, failure_at, exit_code, handled_seq, problem, problem_since, incident_id`;

/** Few heartbeats become many within minutes: a plan that was prepared for few would scan the whole table, as with timers. */
const BY_INDEX = { enable_seqscan: 'off' };

export const FIND_HEARTBEAT = prepared(`SELECT ${COLUMNS} FROM heartbeats WHERE name = $1`);

export const PAGE_OF_HEARTBEATS = prepared(
  `SELECT ${COLUMNS} FROM heartbeats WHERE name > $1 ORDER BY name LIMIT $2`,
);

export const PAGE_OF_PROBLEMS = prepared(
  `SELECT ${COLUMNS} FROM heartbeats WHERE name > $1 AND problem IS NOT NULL ORDER BY name LIMIT $2`,
);

export const COUNT_PROBLEMS = prepared(
  'SELECT problem, count(*) AS heartbeats FROM heartbeats WHERE problem IS NOT NULL GROUP BY problem',
);

/** What people set: whether a schedule is another one decides from when on it is expected. */
const SCHEDULE = ['every_ms', 'cron', 'time_zone', 'grace_ms'];
const SETTINGS = [...SCHEDULE, 'source', 'urgent', 'description'];

const namesOf = (names: readonly string[], prefix = '') => names.map((name) => `${prefix}${name}`).join(', ');

/**
 * Creates a heartbeat, or replaces its settings: a schedule that is the same goes on. The first one begins the watch. It is due at once, so
 * that its deadline is computed.
 */
export const STORE_HEARTBEAT = prepared(`
  WITH watch AS (
    INSERT INTO heartbeat_watch (looked_at) VALUES (now()) ON CONFLICT DO NOTHING
  )
  INSERT INTO heartbeats AS heartbeat (name, token_digest, ${namesOf(SETTINGS)}, created_at, changed_at, due_at)
  VALUES ($1, $2, ${SETTINGS.map((_, i) => `$${i + 3}`).join(', ')}, now(), now(), now())
  ON CONFLICT (name) DO UPDATE SET ${SETTINGS.map((name) => `${name} = excluded.${name}`).join(', ')},
    changed_at = CASE
      WHEN (${namesOf(SCHEDULE, 'heartbeat.')}) IS DISTINCT FROM (${namesOf(SCHEDULE, 'excluded.')})
      THEN excluded.changed_at ELSE heartbeat.changed_at
    END,
    due_at = CASE WHEN heartbeat.problem IS NULL THEN now() ELSE heartbeat.due_at END
  RETURNING ${COLUMNS}, xmax = 0 AS is_new`);

export const ROTATE_TOKEN = prepared('UPDATE heartbeats SET token_digest = $2 WHERE name = $1 RETURNING id');

export const DELETE_HEARTBEAT = prepared('DELETE FROM heartbeats WHERE name = $1 RETURNING id');

/** What a ping changes. One that has consequences makes its heartbeat due; the others change no indexed column. */
const MARKS: Readonly<Record<PingKind, string>> = {
  start: `start_seq = last_seq + 1, start_at = now(), due_at = least(due_at, now() + grace_ms * interval '1 millisecond')`,
  success: `success_seq = last_seq + 1, success_at = now(),
    due_at = CASE WHEN problem IS NOT NULL OR failure_seq > handled_seq THEN least(due_at, now()) ELSE due_at END`,
  failure: `failure_seq = last_seq + 1, failure_at = now(), exit_code = $2::integer, due_at = least(due_at, now())`,
};

const pinged = (kind: PingKind) =>
  `UPDATE heartbeats SET last_seq = last_seq + 1, ${MARKS[kind]} WHERE token_digest = $1`;

const IS_DUE = 'due_at <= now() AS "isDue"';

export const PING_START = prepared(`${pinged('start')} RETURNING ${IS_DUE}`);
export const PING_SUCCESS = prepared(`${pinged('success')} RETURNING ${IS_DUE}`);
export const PING_FAILURE = prepared(`${pinged('failure')} RETURNING ${IS_DUE}`);

/** The same with the exit code and the output of the job, which takes the place of the one MAX_OUTPUTS pings before. */
const withOutput = (kind: PingKind) => `
    WITH pinged AS (
      ${pinged(kind)} RETURNING id, last_seq, due_at
    ), stored AS (
      INSERT INTO heartbeat_outputs (heartbeat_id, slot, seq, at, kind, exit_code, output)
      SELECT id, last_seq % ${MAX_OUTPUTS}, last_seq, now(), '${kind}'::ping_kind, $2::integer, $3::bytea FROM pinged
      ON CONFLICT (heartbeat_id, slot) DO UPDATE
      SET seq = excluded.seq, at = excluded.at, kind = excluded.kind, exit_code = excluded.exit_code, output = excluded.output
    )
    SELECT ${IS_DUE} FROM pinged`;

export const PING_START_WITH_OUTPUT = prepared(withOutput('start'));
export const PING_SUCCESS_WITH_OUTPUT = prepared(withOutput('success'));
export const PING_FAILURE_WITH_OUTPUT = prepared(withOutput('failure'));

/** The statements of pings by their kinds. */
export const PINGS: Readonly<Record<PingKind, Statement>> = {
  start: PING_START,
  success: PING_SUCCESS,
  failure: PING_FAILURE,
};
export const PINGS_WITH_OUTPUT: Readonly<Record<PingKind, Statement>> = {
  start: PING_START_WITH_OUTPUT,
  success: PING_SUCCESS_WITH_OUTPUT,
  failure: PING_FAILURE_WITH_OUTPUT,
};

/** The outputs of a heartbeat, the newest first; one row without an output if it has none. */
export const FIND_OUTPUTS = prepared(`
  SELECT at, kind, heartbeat_outputs.exit_code, output
  FROM heartbeats LEFT JOIN heartbeat_outputs ON heartbeat_id = heartbeats.id
  WHERE name = $1 ORDER BY seq DESC`);

/** The outputs of these pings. */
export const OUTPUTS_OF_PINGS = prepared(`
  SELECT heartbeat_id, output FROM unnest($1::bigint[], $2::bigint[]) AS ping (heartbeat_id, seq)
  JOIN heartbeat_outputs USING (heartbeat_id, seq)`);

export const LOOK = prepared(`
  SELECT date_trunc('milliseconds', now()) AS now, (SELECT looked_at FROM heartbeat_watch) AS looked_at,
    EXISTS (SELECT FROM heartbeats WHERE due_at <= now() AND due_at < 'infinity') AS is_any_due`);

/** How many outages are stored, the last ones. */
const MAX_OUTAGES = 1_000;

/** Stores a look, unless another process has stored one since the last look at $1, and an outage up to it if $3 says so. */
export const STORE_LOOK = prepared(`
  WITH stored AS (
    UPDATE heartbeat_watch SET looked_at = $2 WHERE looked_at = $1 RETURNING looked_at
  ), outage AS (
    INSERT INTO heartbeat_outages (from_at, until_at) SELECT $1, looked_at FROM stored WHERE $3::boolean
    ON CONFLICT DO NOTHING
  ), forgotten AS (
    DELETE FROM heartbeat_outages WHERE $3::boolean AND until_at < (
      SELECT until_at FROM heartbeat_outages ORDER BY until_at DESC OFFSET ${MAX_OUTAGES} LIMIT 1)
  )
  SELECT FROM stored`);

export const OUTAGES = prepared('SELECT from_at, until_at FROM heartbeat_outages ORDER BY until_at');

/** How many heartbeats a statement sets back. */
export const MAX_SET_BACK = 2_000;

/** Times of what has happened. */
const TIMES = ['changed_at', 'start_at', 'success_at', 'failure_at', 'problem_since'];

/** Sets back the times of heartbeats after this id which are later than $1, and makes them due. Returns the last id. */
export const SET_BACK = prepared(`
  WITH batch AS MATERIALIZED (
    SELECT id FROM heartbeats WHERE id > $2 ORDER BY id LIMIT ${MAX_SET_BACK}
  ), changed AS (
    UPDATE heartbeats SET
      ${TIMES.map((name) => `${name} = CASE WHEN ${name} > $1 THEN $1 ELSE ${name} END`).join(', ')},
      due_at = CASE WHEN problem IS NULL THEN least(due_at, $1) ELSE due_at END
    WHERE id = ANY(ARRAY(SELECT id FROM batch))
  )
  SELECT max(id) AS last FROM batch`);

/** Ends setting back: stores the look, and forgets outages that are now in the future. */
export const STORE_SET_BACK = prepared(`
  WITH forgotten AS (
    DELETE FROM heartbeat_outages WHERE until_at > $1
  )
  UPDATE heartbeat_watch SET looked_at = $1`);

/** Locks heartbeats that are due, for a transaction: another process takes others. A killed one releases them. */
export const LOCK_DUE: SetUpStatement = {
  settings: BY_INDEX,
  text: `
  SELECT ${COLUMNS} FROM heartbeats WHERE due_at <= $1 AND due_at < 'infinity'
  ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
};

/** What an evaluation of a heartbeat stores. */
export interface EvaluatedHeartbeat {
  readonly id: number;
  readonly evaluation: Evaluation;
  /** The incident that was made or changed; undefined if none was. */
  readonly incidentId: IncidentId | undefined;
}

const EVALUATED_COLUMNS: readonly ArrayColumn<EvaluatedHeartbeat>[] = [
  { name: 'id', type: 'bigint', valueOf: ({ id }) => id },
  { name: 'handled_seq', type: 'bigint', valueOf: ({ evaluation }) => evaluation.handledSeq },
  {
    name: 'problem',
    type: 'heartbeat_problem',
    valueOf: ({ evaluation }) => evaluation.problem?.kind ?? null,
  },
  {
    name: 'problem_since',
    type: 'timestamptz',
    valueOf: ({ evaluation: { problem } }) => (problem ? isoTime(problem.since) : null),
  },
  { name: 'incident_id', type: 'bigint', valueOf: ({ incidentId }) => incidentId ?? null },
  {
    name: 'due_at',
    type: 'timestamptz',
    valueOf: ({ evaluation: { dueAt } }) => (dueAt ? isoTime(dueAt) : null),
  },
];

export const STORE_EVALUATED: SetUpStatement = {
  settings: BY_INDEX,
  text: `
  UPDATE heartbeats SET handled_seq = evaluated.handled_seq, problem = evaluated.problem, problem_since = evaluated.problem_since,
    incident_id = coalesce(evaluated.incident_id, heartbeats.incident_id), due_at = coalesce(evaluated.due_at, 'infinity')
  FROM unnest(${arrayParameters(EVALUATED_COLUMNS)}) AS evaluated (${columnNames(EVALUATED_COLUMNS)})
  WHERE heartbeats.id = evaluated.id AND heartbeats.id = ANY($1)`,
};

/** The parameters of STORE_EVALUATED. */
export const evaluatedValues = (evaluated: readonly EvaluatedHeartbeat[]): readonly unknown[] =>
  arraysOf(EVALUATED_COLUMNS, evaluated);

/** How long the heartbeat that is due for longest has waited for an evaluation, in seconds; 0 without one. */
export const OVERDUE_HEARTBEAT = prepared(`
  SELECT coalesce(greatest(extract(epoch FROM now() - (
    SELECT due_at FROM heartbeats WHERE due_at < 'infinity' ORDER BY due_at LIMIT 1
  )), 0), 0)::float8 AS seconds`);
