import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { EvaluateHeartbeats } from '../../../src/application/heartbeat/evaluate-heartbeats.js';
import { evaluate } from '../../../src/domain/heartbeat/evaluation.js';
import type { HeartbeatSettings } from '../../../src/domain/heartbeat/heartbeat.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import {
  LOCK_DUE,
  LOOK,
  PING_SUCCESS,
  STORE_EVALUATED,
} from '../../../src/infrastructure/postgres/heartbeat/heartbeat-statements.js';
import { PostgresDueHeartbeats } from '../../../src/infrastructure/postgres/heartbeat/postgres-due-heartbeats.js';
import { PostgresHeartbeats } from '../../../src/infrastructure/postgres/heartbeat/postgres-heartbeats.js';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { IncidentMetrics } from '../../../src/infrastructure/prometheus/incident-metrics.js';
import { PrometheusHeartbeatMetrics } from '../../../src/infrastructure/prometheus/prometheus-heartbeat-metrics.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';

const SETTINGS: HeartbeatSettings = {
  schedule: { everyMs: 3_600_000 },
  timeZone: 'UTC',
  graceMs: 300_000,
  source: 'monitoring',
  urgent: false,
  description: undefined,
};
const SUCCESS = { kind: 'success', exitCode: undefined, output: undefined } as const;

describe('heartbeats in PostgreSQL', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let connections: Database;
  let heartbeats: PostgresHeartbeats;
  let due: PostgresDueHeartbeats;
  let evaluateHeartbeats: EvaluateHeartbeats;

  beforeEach(async () => {
    database = await aDatabase();
    dataSource = await requestDataSource(database.service, 8).initialize();
    connections = new Database(dataSource);
    heartbeats = new PostgresHeartbeats(connections);
    due = aProcess();
    evaluateHeartbeats = new EvaluateHeartbeats(due);
  });
  afterEach(async () => {
    await connections.onApplicationShutdown();
    await dataSource.destroy();
    await database.drop();
  });

  const aProcess = () => {
    const registry = new Registry();
    const metrics = new PrometheusHeartbeatMetrics(registry, connections);
    return new PostgresDueHeartbeats(dataSource, connections, new IncidentMetrics(registry), metrics);
  };
  /** So many heartbeats that were pinged before the interval, and are due now. */
  const many = (count: number, interval: string) =>
    database.query(
      `INSERT INTO heartbeats (name, token_digest, every_ms, time_zone, grace_ms, source, urgent, created_at, changed_at,
         last_seq, success_seq, success_at, due_at)
       SELECT 'job-' || n, sha256(n::text::bytea), 3600000, 'UTC', 300000, 'monitoring', false, now() - $2::interval,
         now() - $2::interval, 1, 1, now() - $2::interval, now()
       FROM generate_series(1, $1::int) AS n`,
      [count, interval],
    );
  /** Moves all times into the past, as if so much time had passed. The last look stays if the service was not running. */
  const timePasses = async (interval: string, { isRunning = true } = {}) => {
    await database.query(
      `UPDATE heartbeats SET changed_at = changed_at - $1::interval, start_at = start_at - $1::interval,
         success_at = success_at - $1::interval, due_at = due_at - $1::interval`,
      [interval],
    );
    await database.query(
      `UPDATE heartbeat_outages SET from_at = from_at - $1::interval, until_at = until_at - $1::interval`,
      [interval],
    );
    if (!isRunning)
      await database.query(`UPDATE heartbeat_watch SET looked_at = looked_at - $1::interval`, [interval]);
    else await database.query('UPDATE heartbeat_watch SET looked_at = now()');
  };
  const evaluateAll = async (by = evaluateHeartbeats) => {
    while (await by.execute());
  };
  const incidents = async () =>
    database.query<{ status: string; dedup_key: string }>(
      'SELECT status, dedup_key FROM incidents ORDER BY id',
    );
  const aHeartbeat = async (name = 'job', settings = SETTINGS) =>
    (await heartbeats.store(name, settings)).token!;

  it('make one incident each, however many processes evaluate them', async () => {
    await aHeartbeat('first');
    await many(1_000, '2 hours');
    const processes = Array.from({ length: 4 }, () => new EvaluateHeartbeats(aProcess()));
    await Promise.all(processes.map(evaluateAll));
    expect(await incidents()).toHaveLength(1_000);
    const [row] = await database.query(
      `SELECT count(*)::int AS heartbeats, count(DISTINCT incident_id)::int AS incidents FROM heartbeats WHERE problem = 'missing'`,
    );
    expect(row).toEqual({ heartbeats: 1_000, incidents: 1_000 });
  });

  it('store nothing of a transaction that fails', async () => {
    await aHeartbeat();
    await timePasses('2 hours');
    const { now } = await due.look();
    const failing = due.evaluateDue(now, 10, (heartbeat, outages, at) => {
      const evaluation = evaluate(heartbeat, outages, at);
      // The schema rejects it: an incident has been inserted by then.
      return { ...evaluation, handledSeq: NaN };
    });
    await expect(failing).rejects.toThrow(/bigint/);
    expect(await incidents()).toEqual([]);
    await evaluateAll();
    expect(await incidents()).toEqual([{ status: 'NEW', dedup_key: 'job' }]);
  });

  it('are not missing for the time in which no process looked', async () => {
    const token = await aHeartbeat();
    await evaluateAll();
    await timePasses('3 hours', { isRunning: false });
    await evaluateAll();
    expect(await incidents()).toEqual([]);
    // An hour and the grace later, the ping is missing.
    await timePasses('64 minutes');
    await evaluateAll();
    expect(await incidents()).toEqual([]);
    await timePasses('2 minutes');
    await evaluateAll();
    expect(await incidents()).toHaveLength(1);
    await heartbeats.ping(token, SUCCESS);
    await evaluateAll();
    expect(await incidents()).toEqual([{ status: 'RESOLVED', dedup_key: 'job' }]);
  });

  it('are not missing if only one of several processes was frozen', async () => {
    await aHeartbeat();
    await evaluateAll();
    await timePasses('64 minutes');
    // It looked before the freeze, and another process has found the outage since.
    const { now } = await due.look();
    await timePasses('5 minutes', { isRunning: false });
    await due.evaluateDue(new Date(now.getTime() - 300_000), 10, evaluate);
    expect(await incidents()).toEqual([]);
    await evaluateAll();
    expect(await incidents()).toEqual([]);
  });

  it('survive a clock that is set back: they are expected from then on', async () => {
    const token = await aHeartbeat();
    await many(3_000, '-30 days');
    await heartbeats.ping(token, SUCCESS);
    await evaluateAll();
    // The clock was 30 days ahead until now.
    await timePasses('-30 days', { isRunning: false });
    await evaluateAll();
    expect(await incidents()).toEqual([]);
    const [row] = await database.query<{ ahead: boolean }>(
      `SELECT bool_or(due_at > now() + interval '66 minutes' OR success_at > now()) AS ahead FROM heartbeats`,
    );
    expect(row).toEqual({ ahead: false });
    await timePasses('66 minutes');
    await evaluateAll();
    expect(await incidents()).toHaveLength(3_001);
  }, 60_000);

  it('keep few outages', async () => {
    await aHeartbeat();
    await database.query(
      `INSERT INTO heartbeat_outages SELECT at - interval '1 min', at
       FROM generate_series(now() - interval '20 days', now() - interval '1 day', interval '10 min') AS at`,
    );
    await timePasses('1 hour', { isRunning: false });
    await evaluateAll();
    const [{ count } = { count: 0 }] = await database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM heartbeat_outages',
    );
    expect(count).toBeLessThanOrEqual(1_002);
  });

  it('take no ping that comes during an evaluation for missing', async () => {
    const token = await aHeartbeat();
    await timePasses('2 hours');
    const { now } = await due.look();
    let pinging: Promise<unknown> | undefined;
    await due.evaluateDue(now, 10, (heartbeat, outages, at) => {
      pinging = heartbeats.ping(token, SUCCESS);
      return evaluate(heartbeat, outages, at);
    });
    await pinging;
    await evaluateAll();
    expect(await incidents()).toEqual([{ status: 'RESOLVED', dedup_key: 'job' }]);
  });

  it('are found by their indexes, 100,000 of them', async () => {
    await aHeartbeat();
    await many(100_000, '10 minutes');
    await database.query(`UPDATE heartbeats SET due_at = now() + interval '1 hour' WHERE id > 500`);
    await database.query('VACUUM ANALYZE heartbeats');
    const plan = async (text: string, settings = '') => {
      await database.query(`SET plan_cache_mode = force_generic_plan; ${settings}`);
      await database.query(`PREPARE planned AS ${text}`);
      const parameters = new Set(text.match(/\$\d+/g)).size;
      try {
        const rows = await database.query<{ 'QUERY PLAN': string }>(
          `EXPLAIN EXECUTE planned (${Array(parameters).fill('NULL').join(', ')})`,
        );
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      } finally {
        await database.query('DEALLOCATE planned; RESET ALL');
      }
    };
    expect(await plan(LOCK_DUE.text, 'SET enable_seqscan = off')).toMatch(/heartbeats_due/);
    expect(await plan(STORE_EVALUATED.text, 'SET enable_seqscan = off')).toMatch(/heartbeats_pkey/);
    expect(await plan(PING_SUCCESS.text)).toMatch(/heartbeats_token/);
    const looking = (await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${LOOK.text}`))
      .map((row) => row['QUERY PLAN'])
      .join('\n');
    expect(looking).toMatch(/heartbeats_due/);
    expect(looking).not.toMatch(/Seq Scan on heartbeats/);
    await evaluateAll();
    const [row] = await database.query(
      `SELECT count(*) FILTER (WHERE due_at <= now())::int AS due, count(*) FILTER (WHERE problem IS NOT NULL)::int AS problems FROM heartbeats`,
    );
    expect(row).toEqual({ due: 0, problems: 0 });
  }, 60_000);
});
