import { randomBytes } from 'node:crypto';
import { connectionTo, LIMITS_MS } from '../../../src/infrastructure/postgres/connection/connection.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { aForm } from '../../support/forms.js';
import { aKafka, hasKafka, KAFKA_STARTUP_TIMEOUT_MS } from '../../support/kafka.js';
import { aPgBouncer, hasPgBouncer, type PgBouncer } from '../../support/pgbouncer.js';
import { killLeftovers, run } from '../../support/processes.js';
import { aStockPostgres, type StockPostgres } from '../../support/stock-postgres.js';
import { until } from '../../support/until.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };

(hasPgBouncer ? describe : describe.skip)('behind PgBouncer in transaction mode', () => {
  let postgres: StockPostgres;
  let bouncer: PgBouncer;
  let environment: Record<string, string>;

  beforeAll(async () => {
    postgres = await aStockPostgres();
    bouncer = await aPgBouncer(postgres);
    environment = { DATABASE_URL: bouncer.url };
  });
  afterEach(killLeftovers);
  afterAll(async () => {
    await bouncer?.stop();
    await postgres?.remove();
  });

  it('two processes start at the same time, and every operation works', async () => {
    const processes = [run('api', environment), run('api', environment)];
    const [first, second] = await Promise.all(processes.map((process) => process.ready()));
    const report = (url: string, body: object, key?: string) =>
      fetch(`${url}/api/v1/incidents`, {
        method: 'POST',
        headers: { ...headers, ...(key && { 'Idempotency-Key': key }) },
        body: JSON.stringify({ description: 'a', source: 'operator', ...body }),
      });
    // Enough concurrent requests that PgBouncer reassigns server connections.
    const reports = await Promise.all(
      Array.from({ length: 60 }, (_, i) => report(i % 2 ? first! : second!, {}, `key-${i}`)),
    );
    expect(new Set(reports.map(({ status }) => status))).toEqual(new Set([201]));
    const replay = await report(second!, {}, 'key-1');
    expect(replay.headers.get('idempotency-replayed')).toBe('true');
    expect((await report(first!, { dedup_key: 'd' })).status).toBe(201);
    expect((await report(second!, { dedup_key: 'd' })).status).toBe(200);

    const change = (url: string) =>
      fetch(`${url}/api/v1/incidents/1`, { method: 'PATCH', headers, body: '{"description_append":"b"}' });
    const changes = await Promise.all(Array.from({ length: 20 }, (_, i) => change(i % 2 ? first! : second!)));
    expect(new Set(changes.map(({ status }) => status))).toEqual(new Set([200]));

    // A transaction of many statements stays on one connection of the server.
    const file = randomBytes(600_000);
    const attach = (url: string) =>
      fetch(`${url}/api/v1/incidents/1/attachments`, {
        method: 'POST',
        headers: { 'X-Access-Key': 'key' },
        body: aForm([{ bytes: file }]),
      });
    const attached = await Promise.all(Array.from({ length: 6 }, (_, i) => attach(i % 2 ? first! : second!)));
    expect(new Set(attached.map(({ status }) => status))).toEqual(new Set([201]));
    const stored = await fetch(`${second}/api/v1/incidents/1/attachments/6`, { headers });
    expect(Buffer.from(await stored.arrayBuffer()).equals(file)).toBe(true);

    for (const path of [
      'incidents',
      'incidents?status=NEW',
      'incidents?created_from=2020-01-01&status=NEW',
      'incidents?dedup_key=d',
      'incidents?q=aaa',
      'quarantine',
      'incidents/1',
      'incidents/1/events',
    ]) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => fetch(`${first}/api/v1/${path}`, { headers })),
      );
      expect([path, ...new Set(answers.map(({ status }) => status))]).toEqual([path, 200]);
    }
    // Each process places events and reads the events of the other.
    const found = async (url: string, after: string): Promise<string[]> => {
      const answer = await fetch(`${url}/api/v1/events?after=${after}&limit=200&wait=5`, { headers });
      const { events, next, has_more } = (await answer.json()) as {
        events: { id: string }[];
        next: string;
        has_more: boolean;
      };
      const ids = events.map(({ id }) => id);
      return has_more ? [...ids, ...(await found(url, next))] : ids;
    };
    await until(async () => (await found(second!, 'oldest')).length === 60 + 2 + 20 + 6);
    expect(await found(first!, 'oldest')).toEqual(await found(second!, 'oldest'));
    const made = await fetch(`${first}/api/v1/keys`, {
      method: 'POST',
      headers,
      body: '{"name":"reader","role":"reader"}',
    });
    const { secret } = (await made.json()) as { secret: string };
    const read = await fetch(`${second}/api/v1/incidents`, { headers: { 'X-Access-Key': secret } });
    expect(read.status).toBe(200);
    expect((await fetch(`${first}/health/ready`)).status).toBe(200);
    expect((await fetch(`${first}/metrics`, { headers })).status).toBe(200);
    expect(await Promise.all(processes.map((process) => process.end()))).toEqual([0, 0]);
  });

  (hasKafka ? it : it.skip)(
    'the worker stores reports and publishes all events',
    async () => {
      const kafka = await aKafka();
      try {
        await run('migrate', environment).ended();
        const { brokers, prefix } = kafka;
        const worker = run('worker', {
          ...environment,
          KAFKA_BROKERS: brokers,
          KAFKA_TOPIC_PREFIX: prefix,
          KAFKA_GROUP: prefix,
        });
        await worker.ready();
        await kafka.send(`${prefix}.inbound`, [
          { value: '{"description":"by Kafka, past a pooler","source":"monitoring"}' },
        ]);
        const isSent = async () =>
          (await kafka.read(`${prefix}.events`)).some(({ value }) =>
            String(value).includes('by Kafka, past a pooler'),
          );
        await until(isSent, { timeoutMs: KAFKA_STARTUP_TIMEOUT_MS });
        expect(await worker.end()).toBe(0);
      } finally {
        await kafka.stop();
      }
    },
    KAFKA_STARTUP_TIMEOUT_MS,
  );

  it('keys are listed while the service runs, and no lock remains', async () => {
    const service = run('api', environment);
    await service.ready();
    const keys = run('keys', environment, { args: ['list'] });
    expect([await keys.ended(), keys.output()]).toEqual([0, expect.stringContaining('NAME')]);
    expect(await postgres.query("SELECT FROM pg_locks WHERE locktype = 'advisory'")).toEqual([]);
    expect(await service.end()).toBe(0);
  });

  it('each statement has the timeouts of a request, which do not leak to other clients', async () => {
    await run('migrate', environment).ended();
    const dataSource = await requestDataSource(connectionTo(bouncer.url), 2).initialize();
    try {
      const database = new Database(dataSource);
      const [settings] = await database.query(
        `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
           current_setting('timezone') AS timezone, $1::text AS value`,
        ['a'],
      );
      expect(settings).toEqual({ statement: '1900ms', lock: '1500ms', timezone: 'UTC', value: 'a' });
      const began = performance.now();
      await expect(database.query('SELECT pg_sleep(10)')).rejects.toMatchObject({ cause: { code: '57014' } });
      expect(performance.now() - began).toBeLessThan(LIMITS_MS.query);
      // The settings of the server sessions, which PgBouncer shares among all clients.
      const [plain] = (await database.pool.query('SHOW statement_timeout')).rows;
      expect(plain).toEqual({ statement_timeout: '0' });
    } finally {
      await dataSource.destroy();
    }
  });

  it('a weaker synchronous_commit is raised in each transaction', async () => {
    await postgres.query('ALTER DATABASE incidents SET synchronous_commit = off');
    const fresh = await aPgBouncer(postgres);
    const dataSource = await requestDataSource(connectionTo(fresh.url), 2).initialize();
    try {
      expect(await new Database(dataSource).query('SHOW synchronous_commit')).toEqual([
        { synchronous_commit: 'on' },
      ]);
    } finally {
      await dataSource.destroy();
      await fresh.stop();
      await postgres.query('ALTER DATABASE incidents RESET synchronous_commit');
    }
  });

  it('a wrong password is reported immediately', async () => {
    const strict = await aPgBouncer(postgres, { auth_type: 'scram-sha-256' });
    try {
      for (const user of ['postgres:wrong', 'nobody:wrong', 'postgres']) {
        const service = run('api', { DATABASE_URL: strict.url.replace('postgres@', `${user}@`) });
        expect(await service.ended()).toBe(1);
        expect(service.output()).toMatch(/^The password for the database .* is wrong or missing: .*\n$/);
      }
    } finally {
      await strict.stop();
    }
  });

  it('a restart of the pooler causes only 503 responses', async () => {
    const first = await aPgBouncer(postgres);
    const service = run('api', { DATABASE_URL: first.url });
    const url = await service.ready();
    await first.stop();
    const report = () =>
      fetch(`${url}/api/v1/incidents`, {
        method: 'POST',
        headers,
        body: '{"description":"a","source":"operator"}',
      });
    expect((await report()).status).toBe(503);
    const second = await aPgBouncer(postgres, { port: Number(new URL(first.url).port) });
    await until(async () => (await report()).status === 201);
    await until(async () => (await fetch(`${url}/health/ready`)).status === 200);
    expect(await service.end()).toBe(0);
    await second.stop();
  });
});
