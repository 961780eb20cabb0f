import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { connectionTo } from '../../../src/infrastructure/postgres/connection/connection.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import {
  migrationDataSource,
  requestDataSource,
} from '../../../src/infrastructure/postgres/schema/data-source.js';
import { KNOWS_CASE } from '../../../src/infrastructure/postgres/lists/search-locale.js';
import { cuttingProxy } from '../../support/cutting-proxy.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { killLeftovers, run } from '../../support/processes.js';
import { aStockPostgres, hasStockPostgres, type StockPostgres } from '../../support/stock-postgres.js';
import { until } from '../../support/until.js';

const SECOND = 1_000;

afterEach(killLeftovers);

(hasStockPostgres ? describe : describe.skip)('starting on an external PostgreSQL server', () => {
  let postgres: StockPostgres;
  beforeAll(async () => (postgres = await aStockPostgres()));
  afterAll(() => postgres?.remove());

  const start = async (url = postgres.url) => {
    const service = run('api', { DATABASE_URL: url });
    const code = await service.ended();
    return { code, output: service.output() };
  };

  it.each(['fsync', 'full_page_writes'])('fails with one sentence if %s is off', async (name) => {
    const set = async (value: string) => {
      await postgres.query(`ALTER SYSTEM SET ${name} = ${value}`);
      await postgres.query('SELECT pg_reload_conf()');
      await until(async () => (await postgres.query<object>(`SHOW ${name}`))[0]![name as never] === value);
    };
    await set('off');
    try {
      const { code, output } = await start();
      expect(code).toBe(1);
      expect(output).toBe(
        `The database incidents at 127.0.0.1:${postgres.port} cannot be used: 127.0.0.1:${postgres.port}: ` +
          `its ${name} is off, and a crash would lose acknowledged reports.\n`,
      );
    } finally {
      await set('on');
    }
  });

  it.each([
    ['off', 'on'],
    ['local', 'on'],
    ['remote_write', 'on'],
    ['on', 'on'],
    ['remote_apply', 'remote_apply'],
  ])('changes synchronous_commit = %s to %s', async (given, used) => {
    await postgres.query(`ALTER DATABASE incidents SET synchronous_commit = ${given}`);
    const dataSource = await requestDataSource(connectionTo(postgres.url), 1).initialize();
    try {
      const rows = await new Database(dataSource).query('SHOW synchronous_commit');
      expect(rows).toEqual([{ synchronous_commit: used }]);
    } finally {
      await dataSource.destroy();
      await postgres.query('ALTER DATABASE incidents RESET synchronous_commit');
    }
  });

  it.each(['scram-sha-256', 'md5', 'password'])(
    'fails immediately and reports a wrong password with %s',
    async (method) => {
      const file = join(postgres.data, 'pg_hba.conf');
      const before = readFileSync(file);
      await postgres.query(`SET password_encryption = '${method === 'md5' ? 'md5' : 'scram-sha-256'}';
      DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN PASSWORD 'right'`);
      writeFileSync(file, `host all guarded 127.0.0.1/32 ${method}\n${before.toString()}`);
      await postgres.query('SELECT pg_reload_conf()');
      try {
        for (const user of ['guarded:wrong', 'guarded']) {
          const { code, output } = await start(postgres.url.replace('postgres@', `${user}@`));
          expect(code).toBe(1);
          expect(output).toMatch(
            /^The password for the database incidents at [\d.:]+ is wrong or missing: .*\.\n$/,
          );
        }
      } finally {
        writeFileSync(file, before);
        await postgres.query('SELECT pg_reload_conf()');
      }
    },
  );

  it('uses the password of DATABASE_URL in the pool of requests and in separate pools', async () => {
    const file = join(postgres.data, 'pg_hba.conf');
    const before = readFileSync(file);
    await postgres.query(`DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN PASSWORD 'right'`);
    writeFileSync(file, `host all guarded 127.0.0.1/32 scram-sha-256\n${before.toString()}`);
    await postgres.query('SELECT pg_reload_conf()');
    const url = postgres.url.replace('postgres@', 'guarded:right@');
    const dataSource = await requestDataSource(connectionTo(url), 1).initialize();
    const database = new Database(dataSource);
    try {
      for (const each of [database, database.separate(1)]) {
        expect(await each.query('SELECT current_user')).toEqual([{ current_user: 'guarded' }]);
      }
    } finally {
      await database.onApplicationShutdown();
      await dataSource.destroy();
      writeFileSync(file, before);
      await postgres.query('SELECT pg_reload_conf()');
    }
  });

  it('fails immediately if pg_hba.conf rejects the service', async () => {
    const file = join(postgres.data, 'pg_hba.conf');
    const before = readFileSync(file);
    writeFileSync(file, `host all nobody 127.0.0.1/32 reject\n${before.toString()}`);
    await postgres.query('SELECT pg_reload_conf()');
    const { output } = await start(postgres.url.replace('postgres@', 'nobody@'));
    expect(output).toMatch(/^The database .* cannot be used: .*pg_hba\.conf rejects connection.*\.\n$/);
    writeFileSync(file, before);
  });
});

describe('a schema', () => {
  let database: TestDatabase;
  beforeEach(async () => (database = await aDatabase()));
  afterEach(() => database.drop());

  const undoLastMigration = async () => {
    const dataSource = await migrationDataSource(database.connection).initialize();
    await dataSource.undoLastMigration();
    await dataSource.destroy();
  };
  const waits = async () =>
    (
      await database.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      )
    ).length;
  const aLocker = async (sql: string) => {
    const client = new Client(database.connection);
    await client.connect();
    await client.query(`BEGIN; ${sql}`);
    return client;
  };

  it.each([
    ['another migrating process', "SELECT pg_advisory_xact_lock(x'696e636964656e74'::bigint)"],
    ['the table of migrations', 'LOCK TABLE migrations'],
    ['a table that it changes', 'LOCK TABLE incident_events'],
  ])('migration that waits for %s stops on SIGTERM', async (_, lock) => {
    await undoLastMigration();
    const locker = await aLocker(lock);
    const service = run('api', { DATABASE_URL: database.url });
    await until(
      async () =>
        (await waits()) > 0 || service.output().includes('another process is migrating the database'),
    );
    const began = performance.now();
    expect(await service.end('SIGTERM')).toBe(0);
    expect(performance.now() - began).toBeLessThan(5 * SECOND);
    expect(await waits()).toBe(0);
    await locker.end();
  });

  it('that is locked when the service needs it makes the start fail with one sentence', async () => {
    const locker = await aLocker('LOCK TABLE channels');
    const service = run('api', { DATABASE_URL: database.url });
    expect(await service.ended()).toBe(1);
    expect(service.output()).toMatch(
      /^The database did not answer while the process started: .* lock timeout\.$/m,
    );
    expect(service.output()).not.toContain('    at ');
    await locker.end();
  });

  it('of a newer version causes one warning, and keeps its privileges', async () => {
    const environment = {
      DATABASE_URL: database.url.replace('incidents@', 'incidents_service@'),
      MIGRATION_DATABASE_URL: database.url,
    };
    await database.query(
      "INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'Later9999999999999')",
    );
    await database.query('ALTER TABLE incidents ADD COLUMN later int');
    await database.query('GRANT UPDATE (later) ON incidents TO incidents_service');
    const service = run('api', environment);
    await service.ready();
    expect(service.output().split('newer version of the service (Later9999999999999)')).toHaveLength(2);
    const [right] = await database.query<{ may: boolean }>(
      "SELECT has_column_privilege('incidents_service', 'incidents', 'later', 'UPDATE') AS may",
    );
    expect(right).toEqual({ may: true });
    expect(await service.end()).toBe(0);
  });

  it('of an older version is not changed by keys and the worker, which print the command to run', async () => {
    await undoLastMigration();
    const before = await database.query('SELECT name FROM migrations ORDER BY id');
    for (const process of [
      run('keys', { DATABASE_URL: database.url }, { args: ['list'] }),
      run('worker', { DATABASE_URL: database.url, KAFKA_BROKERS: '127.0.0.1:1' }),
    ]) {
      expect(await process.ended()).toBe(1);
      expect(process.output()).toMatch(
        /^The database .* has an outdated schema: start the service, or run "make migrate", and try again\.\n$/,
      );
    }
    expect(await database.query('SELECT name FROM migrations ORDER BY id')).toEqual(before);
  });

  it.each([
    ['its role is read', 'current_user AS role'],
    ['it is locked', 'pg_try_advisory_xact_lock'],
    ['its version is read', "to_regclass('migrations')"],
    ['a migration runs', 'START TRANSACTION'],
    ['its locale is read', KNOWS_CASE],
  ])('whose database is lost while %s ends the start with one sentence', async (_, text) => {
    await undoLastMigration();
    const { host, port } = database.connection;
    const proxy = await cuttingProxy(`${host}/.s.PGSQL.${port}`);
    try {
      const { user, password, database: name } = database.connection;
      proxy.cutAt(text, 'at-once');
      const service = run('api', {
        DATABASE_URL: `postgres://${user}:${String(password)}@127.0.0.1:${proxy.port}/${name}`,
      });
      expect(await service.ended()).toBe(1);
      expect(proxy.cuts).toBe(1);
      const lines = service.output().trimEnd().split('\n');
      expect(lines.at(-1)).toMatch(
        new RegExp(
          `^The database ${name} at 127.0.0.1:${proxy.port} failed while the process started: .+\\.$`,
        ),
      );
      expect(service.output()).not.toMatch(/^ +at /m);
    } finally {
      await proxy.close();
    }
  });

  it('change under a prepared statement fails no request', async () => {
    await database.query('CREATE TABLE changing AS SELECT 1::int AS value');
    const dataSource = await requestDataSource(database.connection, 3).initialize();
    try {
      const requests = new Database(dataSource);
      const statement = { name: 'changing', text: 'SELECT value FROM changing' };
      const all = () => Promise.all([1, 2, 3].map(() => requests.query(statement)));
      await all();
      await database.query('ALTER TABLE changing ALTER COLUMN value TYPE text');
      expect((await all()).flat()).toEqual([{ value: '1' }, { value: '1' }, { value: '1' }]);
    } finally {
      await dataSource.destroy();
    }
  });
});
