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
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { EmbeddedPostgres } from '../../src/infrastructure/embedded-postgres/embedded-postgres.js';
import { serverPaths } from '../../src/infrastructure/embedded-postgres/server-paths.js';
import { aDatabase, type TestDatabase } from '../support/databases.js';
import { aDataDirectory } from '../support/embedded.js';
import { stopLoads, type Load, report } from '../support/load.js';
import { aPostgres, type TestPostgres } from '../support/postgres.js';
import { killLeftovers, run } from '../support/processes.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
const STOPPED = 20_000;
const SIGTERMS = 20;

/** The service's own limit for an answer, in milliseconds, and what a busy machine adds to it where it is measured. */
const TIME_LIMIT = 3_000;
const NOISE = 2_000;

const expectInTime = (load: Load) =>
  expect(Math.max(...load.sent.map(({ durationMs }) => durationMs))).toBeLessThan(TIME_LIMIT + NOISE);
const statusOf = async (url: string) => (await fetch(url, { headers })).status;
const until = async (what: () => boolean | Promise<boolean>, limit: number) => {
  const began = performance.now();
  while (!(await what())) {
    if (performance.now() - began > limit) throw new Error(`not within ${limit} ms`);
    await sleep(20);
  }
  return performance.now() - began;
};

/** Of what was acknowledged, nothing may be missing, and nothing may be there twice. */
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

  it(`outlives a PostgreSQL that is stopped for ${STOPPED / 1_000} s`, async () => {
    const postgres: TestPostgres = await aPostgres();
    const service = run('api', { DATABASE_URL: postgres.url });
    const url = await service.ready();
    const load = report(url, 16);
    await until(() => load.acknowledged.length > 500, 10_000);

    await postgres.stop();
    const stoppedAt = performance.now();
    const probes: string[] = [];
    await sleep(500);
    while (performance.now() - stoppedAt < STOPPED) {
      probes.push(`${await statusOf(`${url}/health/live`)} ${await statusOf(`${url}/health/ready`)}`);
      await sleep(250);
    }
    expect(new Set(probes)).toEqual(new Set(['200 503']));
    const startedAt = performance.now();
    await postgres.start();
    const before = load.acknowledged.length;
    const recovery = await until(() => load.acknowledged.length > before, 5_000);
    expect(recovery).toBeLessThan(5_000);
    await until(async () => (await statusOf(`${url}/health/ready`)) === 200, 5_000);
    await load.stop();

    const during = load.sent.filter(({ at }) => at > stoppedAt + 500 && at < startedAt - TIME_LIMIT);
    expect(during.length).toBeGreaterThan(100);
    expect(during.filter(({ status, retryAfter }) => status !== 503 || retryAfter === null)).toEqual([]);
    expectInTime(load);
    expect(load.sent.filter(({ status }) => status !== 201 && status !== 503)).toEqual([]);
    await expectAllOf([load], (text) => postgres.query(text));
    expect(service.output()).not.toMatch(/unhandled|uncaught/i);
    expect(await service.end()).toBe(0);
    await postgres.remove();
  });

  it('with a single connection to the database, which is held, answers in time and goes on afterwards', async () => {
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
    await sleep(100);
    const others = await Promise.all(Array.from({ length: 30 }, () => statusOf(`${url}/api/v1/incidents/1`)));
    expect((await holding).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(TIME_LIMIT + NOISE);
    expect(others.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await database.query('ROLLBACK');
    expect((await fetch(`${url}/api/v1/incidents/1`, change)).status).toBe(200);
    expect(await service.end()).toBe(0);
    await database.drop();
  });

  it(`that is told to stop ${SIGTERMS} times loses nothing that it acknowledged, and ends with 0 each time`, async () => {
    const database: TestDatabase = await aDatabase();
    const loads: Load[] = [];
    const once = async (n: number) => {
      const service = run('api', { DATABASE_URL: database.url });
      const load = report(await service.ready(), 8);
      loads.push(load);
      await until(() => load.acknowledged.length > 10, 10_000);
      await sleep((n * 37) % 300);
      const code = await service.end('SIGTERM');
      await load.stop();
      const statuses = new Set(load.sent.map(({ status }) => status));
      // 0: the door was closed before the request was in.
      return { code, odd: [...statuses].filter((status) => status !== 201 && status !== 0) };
    };
    const lane = async (first: number) => {
      const ends = [];
      for (let n = first; n < SIGTERMS; n += 4) ends.push(await once(n));
      return ends;
    };
    const ends = (await Promise.all([0, 1, 2, 3].map(lane))).flat();
    expect(ends).toEqual(Array.from({ length: SIGTERMS }, () => ({ code: 0, odd: [] })));
    await expectAllOf(loads, (text) => database.query(text));
    await database.drop();
  }, 120_000);
});

const disk = aSmallDisk();

(disk ? describe : describe.skip)('a service whose disk is full', () => {
  afterEach(async () => {
    await killLeftovers();
    await stopLoads();
  });
  afterAll(() => disk!.remove());

  it('acknowledges nothing that it cannot keep, and goes on when there is room again', async () => {
    const service = run('api', { DATA_DIR: join(disk!.path, 'data') });
    const url = await service.ready();
    const load = report(url, 8);
    await until(() => load.acknowledged.length > 100, 10_000);
    disk!.fill();
    // Some still find room for a while.
    const refusesAll = () => {
      const latest = load.sent.filter(({ at }) => at > performance.now() - 2_000);
      return latest.length > 20 && latest.every(({ status }) => status === 503);
    };
    await until(refusesAll, 60_000);
    expect(await statusOf(`${url}/health/live`)).toBe(200);
    const before = load.acknowledged.length;
    disk!.empty();
    await until(() => load.acknowledged.length > before + 100, 30_000);
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

  it('acknowledges nothing while there is no room for the log of PostgreSQL, which ends of it, and starts it again', async () => {
    const data = aDataDirectory();
    const environment = { DATA_DIR: data.path };
    const first = run('api', environment);
    await first.ready();
    expect(await first.end()).toBe(0);
    const log = aSmallDisk()!;
    try {
      // The log alone is on the small disk: what is full is where commits go, and not where tables are.
      const place = join(serverPaths(data.path).cluster, 'pg_wal');
      const { uid, gid } = statSync(place);
      cpSync(place, log.path, { recursive: true });
      execFileSync('chown', ['-R', `${uid}:${gid}`, log.path]);
      chmodSync(log.path, 0o700);
      rmSync(place, { recursive: true });
      symlinkSync(log.path, place);

      const service = run('api', environment);
      const url = await service.ready();
      const load = report(url, 8);
      await until(() => load.acknowledged.length > 100, 20_000);
      log.fill();
      const { connection, stop } = await EmbeddedPostgres.visit(data.path);
      const visitor = new Client(connection).on('error', () => undefined);
      await visitor.connect();
      // The files that are there already are soon used up, and the next one finds no room.
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
      await until(
        () => service.output().includes('the embedded PostgreSQL is gone; starting it again'),
        20_000,
      );
      const refused = () => load.sent.filter(({ status }) => status === 503).length;
      const count = refused();
      await until(() => refused() > count + 50, 30_000);
      expect(await statusOf(`${url}/health/live`)).toBe(200);
      const before = load.acknowledged.length;
      log.empty();
      await until(() => load.acknowledged.length > before + 100, 60_000);
      await load.stop();
      expect(service.output()).toContain('the embedded PostgreSQL is back');
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

/** Holds what was acknowledged against the database below this directory, while no service runs on it. */
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

/** What PostgreSQL itself has written down. */
function logOf(directory: string): string {
  const { cluster } = serverPaths(directory);
  return globSync(join(cluster, 'log/*.log'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('');
}

/** A file system of 200 MB in memory; undefined where none may be mounted. */
function aSmallDisk() {
  const path = mkdtempSync(join(tmpdir(), 'incidents-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    rmSync(path, { recursive: true });
    process.stdout.write('The test with a full disk is left out: no file system can be mounted here.\n');
    return undefined;
  }
  chmodSync(path, 0o755);
  const ballast = join(path, 'ballast');
  return {
    path,
    /** Leaves room for less than PostgreSQL's next log file. */
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
