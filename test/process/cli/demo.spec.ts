import { urlOf } from '../../../src/infrastructure/postgres/connection/connection.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { KEY } from '../../support/key.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const demo = async (environment: Record<string, string>, ...args: string[]) => {
  const program = run('demo', environment, { args });
  return { code: await program.ended(), output: program.output() };
};

describe('the command "demo"', () => {
  let database: TestDatabase;
  let api: Run;
  let url: string;
  let environment: Record<string, string>;
  let result: { code: number | string; output: string };
  let endedAt: Date;

  const get = async (path: string) =>
    (await fetch(`${url}${path}`, { headers: { 'X-Access-Key': KEY } })).json() as Promise<any>;
  const select = <Row extends object>(sql: string) => database.query<Row>(sql);
  const number = async (sql: string) =>
    Number((await select<{ number: string }>(`SELECT (${sql}) AS number`))[0]!.number);

  beforeAll(async () => {
    database = await aDatabase();
    // As the service's role, which has few privileges.
    environment = { DATABASE_URL: urlOf(database.service) };
    api = run('api', { ...environment, X_ACCESS_KEY: KEY });
    url = await api.ready();
    result = await demo(environment);
    endedAt = new Date();
  });
  afterAll(async () => {
    await killLeftovers();
    await database.drop();
  });

  it('fills the register beside the running service, says how far it is, and exits with 0', async () => {
    expect(result).toEqual({
      code: 0,
      output: expect.stringMatching(
        /^(\d{4}-\d\d-\d\d: \d+ incidents\n){7}Created (\d+) incidents of the last seven days \(\d+\.\d s\)\.\n$/,
      ),
    });
    const incidents = await number('SELECT count(*) FROM incidents');
    expect(result.output).toContain(`Created ${incidents} incidents`);
    expect(incidents).toBeGreaterThan(250);
  });

  it('has incidents of each status, urgent ones, reopened ones and duplicates, spread over the week', async () => {
    const [row] = await select<Record<string, number>>(`
      SELECT count(*) FILTER (WHERE status = 'NEW')::int AS new,
        count(*) FILTER (WHERE status = 'IN_PROGRESS')::int AS in_progress,
        count(*) FILTER (WHERE status = 'RESOLVED')::int AS resolved,
        count(*) FILTER (WHERE status = 'CLOSED')::int AS closed,
        count(*) FILTER (WHERE urgent)::int AS urgent,
        count(*) FILTER (WHERE duplicate_of IS NOT NULL)::int AS duplicates,
        count(*) FILTER (WHERE dedup_key IS NOT NULL AND occurrences > 1)::int AS repeated,
        count(DISTINCT created_at::date)::int - 6 AS days,
        count(DISTINCT channel)::int - 3 AS channels
      FROM incidents`);
    for (const [what, count] of Object.entries(row!))
      expect({ what, isThere: count > 0 }).toEqual({ what, isThere: true });
    const types = await select<{ type: string }>('SELECT DISTINCT type::text FROM incident_events');
    // Every kind of event.
    const kinds = await select<{ type: string }>(
      'SELECT unnest(enum_range(NULL::incident_event_type))::text AS type',
    );
    expect(new Set(types.map(({ type }) => type))).toEqual(new Set(kinds.map(({ type }) => type)));
  });

  it('keeps the promises of the register: positions, statistics and counts of all events', async () => {
    const events = await number('SELECT count(*) FROM incident_events');
    await until(async () => (await select('SELECT FROM feed_queue')).length === 0);
    const latest = await number('SELECT latest FROM feed_state');
    expect(latest).toBe(events);
    const incidents = await number('SELECT count(*) FROM incidents');
    const counted = await number('SELECT sum(count) FROM incident_counts');
    expect(counted).toBe(incidents);
    const to = new Date(endedAt.getTime() + 86_400_000).toISOString().slice(0, 10);
    const from = new Date(endedAt.getTime() - 8 * 86_400_000).toISOString().slice(0, 10);
    const { groups } = await get(`/api/v1/statistics?from=${from}&to=${to}`);
    expect(groups[0].reported).toBe(incidents);
    // The order of the feed is that of time.
    const disordered = await select(`
      SELECT FROM (
        SELECT at, lag(at) OVER (ORDER BY last_position, n) AS before
        FROM feed, unnest(incident_ids, seqs) WITH ORDINALITY AS placed (incident_id, seq, n)
        JOIN incident_events USING (incident_id, seq)
      ) AS event WHERE at < before`);
    expect(disordered).toEqual([]);
  });

  it('has the reminders of the week, and leaves the service none to make up for', async () => {
    const reminders = (condition: string) =>
      number(`SELECT count(*) FROM incident_events WHERE type IN ('reminded', 'escalated') AND ${condition}`);
    expect(await reminders('true')).toBeGreaterThan(30);
    await until(async () => {
      const behind = `SELECT (SELECT latest FROM feed_state) - position FROM feed_consumers WHERE name = 'attention'`;
      return (await number(behind)) === 0;
    });
    // An incident may become due at this very moment. If the service made up for the week, each open one would be reminded of.
    expect(await reminders(`at > '${endedAt.toISOString()}'`)).toBeLessThan(3);
    expect(await number(`SELECT count(*) FROM timers`)).toBeGreaterThan(5);
  });

  it('refuses a register that is not empty, and changes nothing', async () => {
    const before = await number('SELECT count(*) FROM incidents');
    expect(await demo(environment)).toEqual({
      code: 1,
      output: expect.stringMatching(
        /^This register has \d+ incidents, and nothing deletes incidents: demo data is for an empty register\. .*\n$/,
      ),
    });
    expect(await number('SELECT count(*) FROM incidents')).toBe(before);
  });

  it('says what is missing where there is no schema, and what a seed is', async () => {
    const empty = await aDatabase({ migrated: false });
    expect(await demo({ DATABASE_URL: empty.url })).toEqual({
      code: 1,
      output: expect.stringContaining('has no schema yet: start the service'),
    });
    await empty.drop();
    expect(await demo(environment, '--seed', 'x')).toEqual({
      code: 1,
      output: expect.stringContaining('It must be a number of up to 9 digits.'),
    });
    expect(await demo(environment, '--help')).toEqual({
      code: 0,
      output: expect.stringContaining('--seed <number>'),
    });
  });

  it('stores nothing if it is stopped before its end', async () => {
    const another = await aDatabase();
    const program = run('demo', { DATABASE_URL: another.url });
    await until(() => program.output().includes(' incidents\n'));
    expect(await program.end('SIGTERM')).toBe(0);
    expect(await another.query('SELECT count(*)::int FROM incidents')).toEqual([{ count: 0 }]);
    await another.drop();
  });
});
