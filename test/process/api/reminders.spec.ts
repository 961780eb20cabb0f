import { aDatabase, type TestDatabase, untilBlocking } from '../../support/databases.js';
import { killLeftovers, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const TAKE_WITHIN_MS = 1_000;
const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };

describe('a process that is killed between leasing a timer and completing it', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await aDatabase();
    await database.query(`INSERT INTO attention_policies (scope, take_within_ms) VALUES ('monitoring', $1)`, [
      TAKE_WITHIN_MS,
    ]);
  });
  afterEach(async () => {
    await killLeftovers();
    await database.drop();
  });

  const reminders = () =>
    database.query<{ number: number; at: Date }>(
      'SELECT reminder_number AS number, at FROM incident_events WHERE reminder_number IS NOT NULL ORDER BY seq',
    );

  /** The statement of the killed process, which waits for a lock of this connection. */
  const rollItBack = async () => {
    await database.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))',
    );
    await database.query('ROLLBACK');
    expect(await reminders()).toEqual([]);
  };
  const letItCommit = async () => {
    await database.query('ROLLBACK');
    await until(async () => (await reminders()).length === 1);
  };

  it.each([
    ['was rolled back', rollItBack],
    ['was committed by PostgreSQL nevertheless', letItCommit],
  ])('loses no reminder and makes none twice, if its statement %s', async (_, endStatement) => {
    const killed = run('api', { DATABASE_URL: database.url });
    const url = await killed.ready();
    // The consumer begins at the latest event when it is created.
    await until(
      async () => (await database.query(`SELECT FROM feed_consumers WHERE name = 'attention'`)).length === 1,
    );
    const body = JSON.stringify({ description: 'a', source: 'monitoring' });
    expect((await fetch(`${url}/api/v1/incidents`, { method: 'POST', headers, body })).status).toBe(201);
    // Timers are set meanwhile, but no reminder can be stored.
    await database.query('BEGIN');
    await database.query('SELECT FROM incidents FOR NO KEY UPDATE');
    await untilBlocking(database);
    expect(await killed.end('SIGKILL')).toBe('SIGKILL');
    await endStatement();
    // Instead of waiting for its end.
    await database.query('UPDATE timers SET taken_until = now() WHERE taken_until > now()');

    const next = run('api', { DATABASE_URL: database.url });
    await next.ready();
    await until(async () => (await reminders()).length >= 3);
    const made = await reminders();
    expect(made.map(({ number }) => number)).toEqual(made.map((_each, n) => n + 1));
    for (const [n, { at }] of made.slice(1).entries())
      expect(at.getTime() - made[n]!.at.getTime()).toBeGreaterThanOrEqual(TAKE_WITHIN_MS);
    expect(await next.end()).toBe(0);
  });
});
