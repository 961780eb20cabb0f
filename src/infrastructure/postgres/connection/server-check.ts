import { escapeLiteral } from 'pg';

/** PostgreSQL settings by name. */
export type Settings = Readonly<Record<string, string>>;

/** The server may lose what it has committed. */
export class UnsafeServer extends Error {}

/**
 * A weaker value is raised, and a stronger one (`remote_apply`) stays. `local` and `remote_write` are weaker with
 * synchronous standbys only: those who run them expect a failover to lose nothing; without standbys they mean `on`.
 * https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-SYNCHRONOUS-COMMIT
 */
const SYNCHRONOUS_COMMIT = `CASE WHEN current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')
  THEN 'on' ELSE current_setting('synchronous_commit') END`;

interface CheckRow {
  readonly pid: number;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly is_standby: boolean;
  readonly read_only: string;
}

/**
 * SQL that checks the server and, without a pooler, sets up the session: in one statement, since each new connection waits for
 * it. A pooler is detected by its process id, which differs from that of the server.
 */
export function checkSql(settings: Settings, processId: number): string {
  return `
    SELECT pg_backend_pid() AS pid, current_setting('fsync') AS fsync,
      current_setting('full_page_writes') AS full_page_writes, pg_is_in_recovery() AS is_standby,
      current_setting('transaction_read_only') AS read_only,
      ${assignments(settings, `pg_backend_pid() <> ${processId}`)}`;
}

/** SQL that sets up one transaction: behind a pooler there is no session to set up. */
export function transactionSetup(settings: Settings): string {
  return `SELECT ${assignments(settings, 'true')}`;
}

/**
 * Evaluates the row of this check.
 * @returns whether a pooler such as PgBouncer is in between: the next transaction may run in another session of the server.
 * @throws UnsafeServer, or another error if the server accepts no writes.
 */
export function evaluateCheck(row: unknown, processId: number): boolean {
  const { pid, is_standby, read_only, ...found } = row as CheckRow;
  for (const name of ['fsync', 'full_page_writes'] as const) {
    if (found[name] !== 'on') {
      throw new UnsafeServer(`its ${name} is ${found[name]}, and a crash would lose acknowledged reports`);
    }
  }
  if (is_standby) throw new Error('it is a standby, and the primary is needed');
  if (read_only === 'on') throw new Error('it is read-only');
  return pid !== processId;
}

function assignments(settings: Settings, isLocal: string): string {
  const set = (name: string, value: string) => `set_config(${escapeLiteral(name)}, ${value}, ${isLocal})`;
  const given = Object.entries(settings).map(([name, value]) => set(name, escapeLiteral(value)));
  return [set('synchronous_commit', SYNCHRONOUS_COMMIT), ...given].join(', ');
}
