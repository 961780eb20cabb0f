import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { EmbeddedPostgres } from '../../src/infrastructure/embedded-postgres/embedded-postgres.js';
import { serverPaths } from '../../src/infrastructure/embedded-postgres/server-paths.js';
import { aDatabase, type TestDatabase, untilBlocking } from '../support/databases.js';
import { aDataDirectory } from '../support/embedded.js';
import { stopLoads, type Load, report } from '../support/load.js';
import { pause } from '../support/pause.js';
import { aPostgres, type TestPostgres } from '../support/postgres.js';
import { killLeftovers, run } from '../support/processes.js';
import { until } from '../support/until.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
const OUTAGE_MS = 20_000;
const SIGTERMS = 20;

/** How long the service may take to notice that PostgreSQL has stopped. */
const DETECTION_MS = 1_000;

/** The service's own deadline for a response, and what a busy machine adds to it. */
const DEADLINE_MS = 3_000;
const TOLERANCE_MS = 2_000;

const expectInTime = (load: Load) =>
  expect(Math.max(...load.sent.map(({ durationMs }) => durationMs))).toBeLessThan(DEADLINE_MS + TOLERANCE_MS);
const statusOf = async (url: string) => (await fetch(url, { headers })).status;

/** Expects every acknowledged report to be stored exactly once. */
async function expectAllOf(
  loads: readonly Load[],
  query: (text: string) => Promise<{ description: string; count: number }[]>,
): Promise<void> {
  const rows = await query('SELECT description, count(*)::int FROM incidents GROUP BY description');
  const counts = new Map(rows.map(({ description, count }) => [description, count]));
  const acknowledged = loads.flatMap((load) => load.acknowledged);
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(acknowledged.filter((description) => counts.get(description) !== 1)).toEqual([]);
}

describe('a service under load', () => {
  afterEach(async () => {
    await killLeftovers();
    await stopLoads();
  });

  it(`recovers within 5 s from a PostgreSQL that was stopped for ${OUTAGE_MS / 1_000} s`, async () => {
    const postgres: TestPostgres = await aPostgres();
    const service = run('api', { DATABASE_URL: postgres.url });
    const url = await service.ready();
    const load = report(url, 16);
    await until(() => load.acknowledged.length > 500, { timeoutMs: 10_000 });

    await postgres.stop();
    const stoppedAt = performance.now();
    const probes: string[] = [];
    await until(async () => (await statusOf(`${url}/health/ready`)) === 503, { timeoutMs: DETECTION_MS });
    while (performance.now() - stoppedAt < OUTAGE_MS) {
      probes.push(`${await statusOf(`${url}/health/live`)} ${await statusOf(`${url}/health/ready`)}`);
      await pause(250, 'a load balancer probes at intervals');
    }
    expect(new Set(probes)).toEqual(new Set(['200 503']));
    const startedAt = performance.now();
    await postgres.start();
    const before = load.acknowledged.length;
    await until(() => load.acknowledged.length > before, { timeoutMs: 5_000 });
    await until(async () => (await statusOf(`${url}/health/ready`)) === 200, { timeoutMs: 5_000 });
    await load.stop();

    const during = load.sent.filter(
      ({ at }) => at > stoppedAt + DETECTION_MS && at < startedAt - DEADLINE_MS,
    );
    expect(during.length).toBeGreaterThan(100);
    expect(during.filter(({ status, retryAfter }) => status !== 503 || retryAfter === null)).toEqual([]);
    expectInTime(load);
    expect(load.sent.filter(({ status }) => status !== 201 && status !== 503)).toEqual([]);
    await expectAllOf([load], (text) => postgres.query(text));
    expect(service.output()).not.toMatch(/unhandled|uncaught/i);
    expect(await service.end()).toBe(0);
    await postgres.remove();
  });

  it('responds in time while its only database connection waits for a lock, and recovers afterwards', async () => {
    const database = await aDatabase();
    const service = run('api', { DATABASE_URL: database.url, DATABASE_POOL_SIZE: '1' });
    const url = await service.ready();
    await fetch(`${url}/api/v1/incidents`, {
      method: 'POST',
      headers,
      body: '{"description":"a","source":"operator"}',
    });
    await database.query('BEGIN');
    await database.query('SELECT FROM incidents FOR UPDATE');
    const began = performance.now();
    const change = { method: 'PATCH', headers, body: '{"description_append":"b"}' };
    const holding = fetch(`${url}/api/v1/incidents/1`, change);
    await untilBlocking(database);
    const others = await Promise.all(Array.from({ length: 30 }, () => statusOf(`${url}/api/v1/incidents/1`)));
    expect((await holding).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(DEADLINE_MS + TOLERANCE_MS);
    expect(others.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await database.query('ROLLBACK');
    expect((await fetch(`${url}/api/v1/incidents/1`, change)).status).toBe(200);
    expect(await service.end()).toBe(0);
    await database.drop();
  });

  it(`keeps every acknowledged report through ${SIGTERMS} SIGTERMs, and exits with 0 each time`, async () => {
    const database: TestDatabase = await aDatabase();
    const loads: Load[] = [];
    const once = async (n: number) => {
      const service = run('api', { DATABASE_URL: database.url });
      const load = report(await service.ready(), 8);
      loads.push(load);
      await until(() => load.acknowledged.length > 10, { timeoutMs: 10_000 });
      await pause((n * 37) % 300, 'each SIGTERM is at another moment of its work');
      const code = await service.end('SIGTERM');
      await load.stop();
      const statuses = new Set(load.sent.map(({ status }) => status));
      // 0: the listener was closed before the request arrived.
      return { code, odd: [...statuses].filter((status) => status !== 201 && status !== 0) };
    };
    const sequence = async (first: number) => {
      const ends = [];
      for (let n = first; n < SIGTERMS; n += 4) ends.push(await once(n));
      return ends;
    };
    const ends = (await Promise.all([0, 1, 2, 3].map(sequence))).flat();
    expect(ends).toEqual(Array.from({ length: SIGTERMS }, () => ({ code: 0, odd: [] })));
    await expectAllOf(loads, (text) => database.query(text));
    await database.drop();
  }, 120_000);
});

const disk = aSmallDisk();

(disk ? describe : describe.skip)('a service with a full disk', () => {
  afterEach(async () => {
    await killLeftovers();
    await stopLoads();
  });
  afterAll(() => disk!.remove());

  it('acknowledges nothing that it cannot store, and recovers when space is free again', async () => {
    const service = run('api', { DATA_DIR: join(disk!.path, 'data') });
    const url = await service.ready();
    const load = report(url, 8);
    await until(() => load.acknowledged.length > 100, { timeoutMs: 10_000 });
    disk!.fill();
    // Some still find space for a while.
    const rejectsAll = () => {
      const latest = load.sent.filter(({ at }) => at > performance.now() - 2_000);
      return latest.length > 20 && latest.every(({ status }) => status === 503);
    };
    await until(rejectsAll, { timeoutMs: 60_000 });
    expect(await statusOf(`${url}/health/live`)).toBe(200);
    const before = load.acknowledged.length;
    disk!.empty();
    await until(() => load.acknowledged.length > before + 100, { timeoutMs: 30_000 });
    await load.stop();
    expect(load.sent.filter(({ status }) => status !== 201 && status !== 503)).toEqual([]);
    expectInTime(load);
    expect(service.output()).not.toMatch(/unhandled|uncaught/i);
    expect(await service.end()).toBe(0);

    const again = run('api', { DATA_DIR: join(disk!.path, 'data') });
    const after = await again.ready();
    const { headers: found } = await fetch(`${after}/api/v1/incidents?limit=1`, { headers });
    expect(Number(found.get('x-total-count'))).toBeGreaterThanOrEqual(load.acknowledged.length);
    expect(await again.end()).toBe(0);
    await expectAllIn(join(disk!.path, 'data'), load);
  }, 120_000);

  it('acknowledges nothing while the WAL has no space, restarts the PostgreSQL that this crashes, and recovers', async () => {
    const data = aDataDirectory();
    const environment = { DATA_DIR: data.path };
    const first = run('api', environment);
    await first.ready();
    expect(await first.end()).toBe(0);
    const log = aSmallDisk()!;
    try {
      // Only the WAL is on the small disk: commits have no space, tables have.
      const wal = join(serverPaths(data.path).dataDirectory, 'pg_wal');
      const { uid, gid } = statSync(wal);
      cpSync(wal, log.path, { recursive: true });
      execFileSync('chown', ['-R', `${uid}:${gid}`, log.path]);
      chmodSync(log.path, 0o700);
      rmSync(wal, { recursive: true });
      symlinkSync(log.path, wal);

      const service = run('api', environment);
      const url = await service.ready();
      const load = report(url, 8);
      await until(() => load.acknowledged.length > 100, { timeoutMs: 20_000 });
      log.fill();
      const { connection, stop } = await EmbeddedPostgres.attach(data.path);
      const visitor = new Client(connection).on('error', () => undefined);
      await visitor.connect();
      // The existing files are soon used up, and there is no space for the next one.
      const useUp = async () => {
        for (;;) {
          await visitor.query(
            'CREATE TABLE IF NOT EXISTS nothing (); DROP TABLE nothing; SELECT pg_switch_wal()',
          );
        }
      };
      await expect(useUp()).rejects.toThrow(/No space left|terminat|not connected|ECONN|EPIPE/i);
      await visitor.end().catch(() => undefined);
      await stop();
      await until(() => service.output().includes('the embedded PostgreSQL has stopped; restarting it'), {
        timeoutMs: 20_000,
      });
      const rejected = () => load.sent.filter(({ status }) => status === 503).length;
      const count = rejected();
      await until(() => rejected() > count + 50, { timeoutMs: 30_000 });
      expect(await statusOf(`${url}/health/live`)).toBe(200);
      const before = load.acknowledged.length;
      log.empty();
      await until(() => load.acknowledged.length > before + 100, { timeoutMs: 60_000 });
      await load.stop();
      await until(() => service.output().includes('the embedded PostgreSQL is running again'));
      expect(logOf(data.path)).toMatch(/PANIC: .*No space left on device/);
      expect(load.sent.filter(({ status }) => status !== 201 && status !== 503)).toEqual([]);
      expectInTime(load);
      expect(service.output()).not.toMatch(/unhandled|uncaught/i);
      expect(await service.end()).toBe(0);
      await expectAllIn(data.path, load);
    } finally {
      await killLeftovers();
      log.remove();
      data.remove();
    }
  }, 180_000);
});

/** Compares the acknowledged reports with the database below this directory, while no service runs. */
async function expectAllIn(directory: string, load: Load): Promise<void> {
  const postgres = await EmbeddedPostgres.start(directory);
  const client = new Client(postgres.connection);
  try {
    await client.connect();
    await expectAllOf([load], async (text) => (await client.query(text)).rows);
  } finally {
    await client.end();
    await postgres.stop();
  }
}

/** The log of PostgreSQL. */
function logOf(directory: string): string {
  const { dataDirectory } = serverPaths(directory);
  return globSync(join(dataDirectory, 'log/*.log'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('');
}

/** A file system of 200 MB in memory; undefined if none can be mounted. */
function aSmallDisk() {
  const path = mkdtempSync(join(tmpdir(), 'incidents-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    rmSync(path, { recursive: true });
    process.stdout.write(
      'The tests with a full disk are skipped: this account cannot mount a file system.\n',
    );
    return undefined;
  }
  chmodSync(path, 0o755);
  const ballast = join(path, 'ballast');
  return {
    path,
    /** Leaves less space than PostgreSQL's next WAL file needs. */
    fill: () => {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(ballast, Buffer.alloc(Math.max(bavail * bsize - 1_000_000, 0)));
    },
    empty: () => rmSync(ballast, { force: true }),
    remove: () => {
      execFileSync('umount', ['--lazy', path]);
      rmSync(path, { recursive: true });
    },
  };
}
