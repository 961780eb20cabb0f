import { Client } from 'pg';
import type { IncidentQuery } from '../../../src/application/incident/incident-list.js';
import {
  COMPLETE_TIMERS,
  LEASE_TIMERS,
} from '../../../src/infrastructure/postgres/attention/timer-statements.js';
import {
  LOCK_DUE,
  STORE_EVALUATED,
} from '../../../src/infrastructure/postgres/heartbeat/heartbeat-statements.js';
import { migrate } from '../../../src/infrastructure/postgres/schema/migrations.js';
import { connectionTo } from '../../../src/infrastructure/postgres/connection/connection.js';
import { listStatement } from '../../../src/infrastructure/postgres/lists/incident-list-statement.js';
import {
  hitsByIndex,
  hitsByScan,
} from '../../../src/infrastructure/postgres/lists/incident-search-statements.js';
import {
  similarByNumber,
  similarByScan,
  similarByText,
} from '../../../src/infrastructure/postgres/lists/similar-incident-statements.js';
import type { Settings } from '../../../src/infrastructure/postgres/connection/server-check.js';
import { readStatistics } from '../../../src/infrastructure/postgres/statistics/statistics-statements.js';
import { STATISTICS_GROUPINGS } from '../../../src/domain/statistics/statistics.js';
import { allStatements } from '../../support/statements.js';
import { aStockPostgres, hasStockPostgres, type StockPostgres } from '../../support/stock-postgres.js';

/** From 100,000 on a plan is compiled; a plan with a disabled node costs 10,000,000,000. */
const MAX_COST = 50_000;

const POSITION = { createdAt: new Date('2026-01-10T00:00:00Z'), id: 20_000 };
const PASSED = { at: new Date('2026-01-10T00:00:00Z'), unseen: { from: 9, running: [7, 8] } };
const EVERYTHING: IncidentQuery = { order: 'newest-first', limit: 20, start: { offset: 0 } };
const setLocal = (settings: Settings = {}) =>
  Object.entries(settings)
    .map(([name, value]) => `SET LOCAL ${name} = '${value}';`)
    .join(' ');
const LISTS: Partial<IncidentQuery>[] = [
  {},
  { order: 'oldest-first' },
  { start: { offset: 2_000 } },
  { start: { after: POSITION } },
  { start: { before: POSITION } },
  { start: { after: POSITION, passed: PASSED } },
  { start: { after: POSITION, passed: { ...PASSED, late: { after: POSITION, unseen: PASSED.unseen } } } },
];
const FILTERS: Partial<IncidentQuery>[] = [
  {},
  { statuses: ['NEW'] },
  { statuses: ['NEW', 'IN_PROGRESS'] },
  { sources: ['partner'] },
  { statuses: ['NEW'], sources: ['operator', 'partner'] },
  { dedupKey: 'key' },
  { chats: ['tg:-1', 'tg:-100'], untaken: true },
  { createdFrom: POSITION.createdAt },
];

(hasStockPostgres ? describe : describe.skip)('a stock server with JIT', () => {
  let server: StockPostgres;
  let client: Client;
  const statements: { name: string; text: string }[] = [];

  beforeAll(async () => {
    server = await aStockPostgres();
    await migrate(connectionTo(server.url));
    client = new Client(connectionTo(server.url));
    await client.connect();
    // The settings of the service's connections, apart from JIT: a pooler may lose them.
    await client.query('SET plan_cache_mode = force_generic_plan; SET jit = on');
    await client.query(`
      ALTER TABLE incidents SET (autovacuum_enabled = off);
      ALTER TABLE incident_events SET (autovacuum_enabled = off);
      INSERT INTO incidents (description, status, source, version, created_at, updated_at)
      SELECT 'scooter ' || n, (enum_range(NULL::incident_status))[1 + n % 4],
        (enum_range(NULL::incident_source))[1 + n % 3], 1, at, at
      FROM (SELECT n, timestamptz '2026-01-01Z' + n * interval '30 s' AS at FROM generate_series(1, 50000) AS n) AS x;
      INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
      SELECT id, 1, 'reported', created_at, 'a', description FROM incidents`);
    statements.push(...(await allStatements()));
  });
  afterAll(async () => {
    await client.end();
    await server.remove();
  });

  interface Explained {
    readonly Plan: { readonly 'Total Cost': number };
    readonly JIT?: unknown;
  }
  const explained = async (settings: Settings | undefined, text: string): Promise<Explained> => {
    const results = await client.query(`${setLocal(settings)} EXPLAIN (FORMAT JSON) ${text}`);
    const { rows } = [results].flat().at(-1) as unknown as { rows: [{ 'QUERY PLAN': [Explained] }] };
    return rows[0]['QUERY PLAN'][0];
  };
  /** The generic plan, which serves every request: it does not depend on the values. */
  const prepared = async (text: string, settings?: Settings): Promise<Explained> => {
    const parameters = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)));
    await client.query(`PREPARE planned AS ${text}`);
    try {
      const values = parameters > 0 ? `(${Array(parameters).fill('NULL').join(', ')})` : '';
      return await explained(settings, `EXECUTE planned${values}`);
    } finally {
      await client.query('DEALLOCATE planned');
    }
  };
  const tooExpensive = ({ Plan, JIT }: Explained) => JIT !== undefined || Plan['Total Cost'] > MAX_COST;

  it.each(['without statistics', 'with statistics'])('compiles no statement %s', async (state) => {
    if (state === 'with statistics') await client.query('VACUUM ANALYZE');
    expect(statements.length).toBeGreaterThan(30);
    const expensive: string[] = [];
    for (const { name, text } of statements) if (tooExpensive(await prepared(text))) expensive.push(name);
    for (const { text, settings } of [LEASE_TIMERS, COMPLETE_TIMERS, LOCK_DUE, STORE_EVALUATED])
      if (tooExpensive(await prepared(text, settings))) expensive.push(text);
    for (const by of [...STATISTICS_GROUPINGS, undefined]) {
      const { settings, text } = readStatistics({ from: '2026-01-01', to: '2026-12-31', by }, 1_000);
      if (tooExpensive(await explained(settings, text))) expensive.push(`statistics by ${by}`);
    }
    const similar = { id: 1, text: 'scooter 42' };
    for (const search of [
      similarByScan(similar, 2_000, 500),
      similarByNumber(similar, ['42'], 500),
      similarByText(similar, 500),
    ]) {
      if ((await explained(search.settings, search.text)).JIT !== undefined) expensive.push(search.text);
    }
    for (const filter of FILTERS) {
      for (const list of LISTS) {
        const query = { ...EVERYTHING, ...filter, ...list };
        const { settings, text } = listStatement(query);
        // A statement that is planned each time may cost more: it is never compiled.
        const plan = !settings ? await prepared(text) : await explained(settings, text);
        if (plan.JIT !== undefined || (!settings && tooExpensive(plan)))
          expensive.push(JSON.stringify(query));
      }
      for (const text of ['scooter 42', 'ab']) {
        const query = { ...EVERYTHING, ...filter, text };
        for (const search of [hitsByIndex(query, 500), hitsByScan(query, 500, 21, 500)]) {
          if ((await explained(search.settings, search.text)).JIT !== undefined) expensive.push(search.text);
        }
      }
    }
    expect(expensive).toEqual([]);
  });

  it('compiles nothing for an insert with its triggers', async () => {
    const { rows } = await client.query<{ 'QUERY PLAN': [Explained] }>(`
      EXPLAIN (ANALYZE, FORMAT JSON) INSERT INTO incidents (description, status, source, version, created_at, updated_at)
      VALUES ('a', 'NEW', 'operator', 1, now(), now())`);
    expect(rows[0]!['QUERY PLAN'][0]).not.toHaveProperty('JIT');
    // Statements within functions do not show in a plan; compiled ones would take far longer than this.
    const startedAt = performance.now();
    for (let i = 0; i < 20; i++) {
      await client.query(`UPDATE incidents SET status = 'IN_PROGRESS', version = version + 1 WHERE id = $1`, [
        4 * i + 4,
      ]);
    }
    expect((performance.now() - startedAt) / 20).toBeLessThan(50);
  });
});
