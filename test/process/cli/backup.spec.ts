import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aDataDirectory } from '../../support/embedded.js';
import { findTool } from '../../../src/infrastructure/backup/postgres-tools.js';
import { urlOf } from '../../../src/infrastructure/postgres/connection/connection.js';
import {
  migrationDataSource,
  MIGRATION_NAMES,
} from '../../../src/infrastructure/postgres/schema/data-source.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { aForm } from '../../support/forms.js';
import { report } from '../../support/load.js';
import { hasMoto, TestS3 } from '../../support/moto.js';
import { killLeftovers, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const MAJOR = 18;
const PG_BIN = process.env['PG_BIN'] ?? '';

const hasTools = (() => {
  try {
    return (['pg_dump', 'pg_restore', 'psql'] as const).every((tool) => findTool(tool, MAJOR, PG_BIN) !== '');
  } catch {
    process.stdout.write(
      `The tests of backups are skipped: pg_dump, pg_restore and psql ${MAJOR} are not installed (see PG_BIN).\n`,
    );
    return false;
  }
})();

/** Selects the whole content of a database, as text. */
const CONTENT = `
  SELECT (SELECT string_agg(incidents::text, ' ' ORDER BY id) FROM incidents) AS incidents,
    (SELECT string_agg(incident_events::text, ' ' ORDER BY incident_id, seq) FROM incident_events) AS events,
    (SELECT string_agg(access_keys::text, ' ' ORDER BY id) FROM access_keys) AS keys,
    (SELECT string_agg(attachments::text, ' ' ORDER BY id) FROM attachments) AS attachments,
    (SELECT string_agg(attachment_chunks::text, ' ' ORDER BY attachment_id, index) FROM attachment_chunks) AS chunks,
    (SELECT string_agg(idempotency_records::text, ' ' ORDER BY scope, key) FROM idempotency_records) AS records,
    (SELECT string_agg(status || ' ' || source || ' ' || total, ', ' ORDER BY status, source) FROM
      (SELECT status, source, sum(count) AS total FROM incident_counts GROUP BY status, source) AS counts) AS counts`;

(hasTools ? describe : describe.skip)('backup and restore', () => {
  let s3: TestS3 | undefined;
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'incidents-backup-'));
    file = join(directory, 'incidents.dump');
  });
  afterEach(async () => {
    await killLeftovers();
    await s3?.stop();
    s3 = undefined;
    rmSync(directory, { recursive: true });
  });

  const program = async (
    name: 'backup' | 'restore',
    environment: Record<string, string>,
    ...args: string[]
  ) => {
    const tool = run(name, { PG_BIN, ...environment }, { args, cwd: directory });
    return { code: await tool.ended(), output: tool.output() };
  };
  const contentOf = async (database: TestDatabase) => (await database.query(CONTENT))[0];

  (hasMoto ? it : it.skip)(
    'say that they do not have the bytes of files in S3, and a restored service reads them there and deletes none',
    async () => {
      s3 = await TestS3.start();
      const database = await aDatabase();
      const service = run('api', { DATABASE_URL: database.url, ...s3.environment });
      const url = await service.ready();
      const picture = randomBytes(600_000);
      const attached = await fetch(`${url}/api/v1/incidents`, {
        method: 'POST',
        headers: { 'X-Access-Key': 'key' },
        body: aForm([{ bytes: picture }], { description: 'with a file', source: 'partner' }),
      });
      const location = `${attached.headers.get('location')}/attachments/1`;
      // In flight at the time of the backup; then the original service refers to it.
      await database.query('INSERT INTO object_uploads (object, expires_at) SELECT gen_random_uuid(), now()');
      const backedUp = await program('backup', { DATABASE_URL: database.url }, file);
      expect(backedUp).toMatchObject({
        code: 0,
        output: expect.stringContaining('The bytes of at least 1 files are in S3, not in this backup'),
      });
      expect(statSync(file).size).toBeLessThan(picture.length);

      const other = await aDatabase({ migrated: false });
      expect(await program('restore', { DATABASE_URL: other.url }, file)).toMatchObject({
        code: 0,
        output: expect.stringContaining('The bytes of 1 files are in S3, not in the backup'),
      });
      expect(await other.query('SELECT count(*)::int AS count FROM object_uploads')).toEqual([{ count: 0 }]);
      const restored = run('api', { DATABASE_URL: other.url, ...s3.environment });
      const answer = await fetch((await restored.ready()) + location, { headers: { 'X-Access-Key': 'key' } });
      expect(Buffer.from(await answer.arrayBuffer()).equals(picture)).toBe(true);
      expect(await restored.end()).toBe(0);
      expect(await service.end()).toBe(0);
    },
    240_000,
  );

  it('back up every report that was acknowledged before, under load, and restore it unchanged elsewhere', async () => {
    const database = await aDatabase();
    const service = run('api', { DATABASE_URL: database.url });
    const url = await service.ready();
    const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
    await fetch(`${url}/api/v1/keys`, { method: 'POST', headers, body: '{"name":"bot","role":"reader"}' });
    await fetch(`${url}/api/v1/session`, { method: 'POST', headers, body: '{"access_key":"key"}' });
    await fetch(`${url}/api/v1/keys/1/sign-in-tokens`, { method: 'POST', headers });
    const picture = randomBytes(600_000);
    const form = aForm([{ name: 'касса.bin', bytes: picture }], {
      description: 'with a file',
      source: 'partner',
    });
    const attached = await fetch(`${url}/api/v1/incidents`, {
      method: 'POST',
      headers: { 'X-Access-Key': 'key' },
      body: form,
    });
    const location = `${attached.headers.get('location')}/attachments/1`;
    const sessions =
      'SELECT (SELECT count(*)::int FROM sessions) AS s, (SELECT count(*)::int FROM sign_in_tokens) AS t';
    expect(await database.query(sessions)).toEqual([{ s: 1, t: 1 }]);
    const load = report(url, 8);
    await until(() => load.acknowledged.length >= 500);
    const before = load.acknowledged.length;
    expect(await program('backup', { DATABASE_URL: database.url }, file)).toMatchObject({
      code: 0,
      output: expect.stringMatching(
        /^Wrote at least \d+ incidents to .*incidents.dump \(\d+\.\d MB, \d+\.\d s\)\.\n$/,
      ),
    });
    await load.stop();
    expect(load.acknowledged.length).toBeGreaterThan(before);
    expect(await service.end()).toBe(0);
    expect(readdirSync(directory)).toEqual(['incidents.dump']);
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const other = await aDatabase({ migrated: false });
    const restored = await program('restore', { DATABASE_URL: other.url }, file);
    expect(restored).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^Restored \d+ incidents from/),
    });
    const kept = new Set(
      (await other.query<{ description: string }>('SELECT description FROM incidents')).map(
        ({ description }) => description,
      ),
    );
    expect(load.acknowledged.slice(0, before).filter((description) => !kept.has(description))).toEqual([]);
    // A session that was ended after the backup must not come back.
    expect(await other.query(sessions)).toEqual([{ s: 0, t: 0 }]);
    const counts = await other.query(
      'SELECT (SELECT sum(count)::int FROM incident_counts) = (SELECT count(*)::int FROM incidents) AS equal',
    );
    expect(counts).toEqual([{ equal: true }]);

    // A database without load is compared row by row.
    expect((await program('backup', { DATABASE_URL: database.url }, file)).code).toBe(0);
    const third = await aDatabase({ migrated: false });
    expect((await program('restore', { DATABASE_URL: third.url }, file)).code).toBe(0);
    expect(await contentOf(third)).toEqual(await contentOf(database));
    const again = run('api', { DATABASE_URL: third.url });
    const restoredUrl = await again.ready();
    const restoredFile = await fetch(restoredUrl + location, { headers });
    expect(Buffer.from(await restoredFile.arrayBuffer()).equals(picture)).toBe(true);
    const next = await fetch(`${restoredUrl}/api/v1/incidents`, {
      method: 'POST',
      headers,
      body: '{"description":"after","source":"operator"}',
    });
    const [{ max }] = (await third.query<{ max: string }>('SELECT max(id) FROM incidents')) as [
      { max: string },
    ];
    expect(((await next.json()) as { id: number }).id).toBe(Number(max));
    expect(await again.end()).toBe(0);
    await Promise.all([database, other, third].map((each) => each.drop()));
  }, 60_000);

  it('back up the embedded database while the service runs, and restore it into another directory', async () => {
    const [data, other] = [aDataDirectory(), aDataDirectory()];
    const service = run('api', { DATA_DIR: data.path });
    const load = report(await service.ready(), 4);
    await until(() => load.acknowledged.length >= 50);
    await load.stop();
    expect(await program('backup', { DATA_DIR: data.path })).toMatchObject({ code: 0 });
    const [made] = readdirSync(directory);
    expect(made).toMatch(/^incidents-\d{4}-\d\d-\d\dT\d{6}\.dump$/);

    const running = await program('restore', { DATA_DIR: data.path }, made!);
    expect(running).toMatchObject({ code: 1, output: expect.stringContaining('is in use by the service') });
    expect(await service.end()).toBe(0);
    expect(await program('restore', { DATA_DIR: other.path }, made!)).toMatchObject({ code: 0 });
    const restored = run('api', { DATA_DIR: other.path });
    const list = await fetch(`${await restored.ready()}/api/v1/incidents`, {
      headers: { 'X-Access-Key': 'key' },
    });
    expect(Number(list.headers.get('x-total-count'))).toBe(load.acknowledged.length);
    expect(await restored.end()).toBe(0);
    for (const each of [data, other]) each.remove();
  }, 60_000);

  it('overwrite a register only with --replace, completely or not at all', async () => {
    const database = await aDatabase();
    const environment = { DATABASE_URL: database.url };
    await database.query(
      `INSERT INTO incidents (description, status, source, version, created_at, updated_at)
       VALUES ('old', 'NEW', 'operator', 1, now(), now())`,
    );
    expect((await program('backup', environment, file)).code).toBe(0);
    await database.query(`UPDATE incidents SET description = 'new'`);
    const before = await contentOf(database);

    const refused = await program('restore', environment, file);
    expect(refused).toMatchObject({
      code: 1,
      output: expect.stringContaining('This database has 1 incidents'),
    });
    const broken = join(directory, 'broken.dump');
    writeFileSync(broken, 'PGDMP nonsense');
    expect((await program('restore', environment, '--replace', broken)).code).toBe(1);
    const half = join(directory, 'half.dump');
    // The table of contents is complete, but the end of the data is missing.
    writeFileSync(half, readFileSync(file).subarray(0, -1_500));
    expect((await program('restore', environment, '--replace', half)).code).toBe(1);
    await database.query('CREATE VIEW open_incidents AS SELECT id FROM incidents');
    const needed = await program('restore', environment, '--replace', file);
    expect(needed).toMatchObject({ code: 1, output: expect.stringContaining('view open_incidents') });
    await database.query('DROP VIEW open_incidents');
    const missing = await program('restore', environment, '--replace', 'missing.dump');
    expect(missing).toMatchObject({ code: 1, output: 'There is no file missing.dump.\n' });
    expect(await program('restore', environment)).toMatchObject({
      code: 1,
      output: expect.stringMatching(/missing required argument 'file'[^]*FILE=incidents.dump/),
    });
    expect(await contentOf(database)).toEqual(before);

    await database.query('CREATE TABLE of_another_program AS SELECT 1 AS a');
    expect((await program('restore', environment, '--replace', file)).code).toBe(0);
    expect(await database.query('SELECT description FROM incidents')).toEqual([{ description: 'old' }]);
    expect(await database.query('SELECT a FROM of_another_program')).toEqual([{ a: 1 }]);
    await database.drop();
  }, 60_000);

  const REPORT = `
    INSERT INTO incidents (description, status, source, version, created_at, updated_at)
    VALUES ('old', 'NEW', 'operator', 1, now(), now())`;
  const schemaOf = async ({ url }: TestDatabase) =>
    execFileSync(
      findTool('pg_dump', MAJOR, PG_BIN),
      ['--schema-only', '--no-owner', '--no-privileges', url],
      {
        encoding: 'utf8',
      },
    )
      .split('\n')
      // These lines contain a different number each time.
      .filter((line) => !/^\\(un)?restrict/.test(line))
      .join('\n')
      // A restored condition has fewer parentheses.
      .replaceAll(/[()]/g, '');
  /** Reverts the latest migrations. */
  const revert = async ({ connection }: TestDatabase, migrations: number) => {
    const dataSource = await migrationDataSource(connection).initialize();
    for (let i = 0; i < migrations; i++) await dataSource.undoLastMigration();
    await dataSource.destroy();
  };

  it.each([1, MIGRATION_NAMES.size - 2])(
    'restore a backup whose schema is %i migrations old, and migrate it',
    async (migrations) => {
      const [old, empty, used] = await Promise.all([aDatabase(), aDatabase(), aDatabase()]);
      const schema = await schemaOf(empty);
      await revert(old, migrations);
      await old.query(REPORT);
      expect((await program('backup', { DATABASE_URL: old.url }, file)).code).toBe(0);
      // A database that was migrated before has no incidents, but has tables.
      expect(await program('restore', { DATABASE_URL: empty.url }, file)).toMatchObject({ code: 0 });
      await used.query(`${REPORT}, ('new', 'NEW', 'operator', 1, now(), now())`);
      expect(await program('restore', { DATABASE_URL: used.url }, '--replace', file)).toMatchObject({
        code: 0,
      });
      for (const each of [empty, used]) {
        expect(await each.query('SELECT description FROM incidents')).toEqual([{ description: 'old' }]);
        expect(await schemaOf(each)).toBe(schema);
      }
      await Promise.all([old, empty, used].map((each) => each.drop()));
    },
  );

  it('grant the service role its privileges after restoring an older backup', async () => {
    const [old, database] = await Promise.all([aDatabase(), aDatabase()]);
    await revert(old, 2);
    await old.query(REPORT);
    expect((await program('backup', { DATABASE_URL: old.url }, file)).code).toBe(0);
    const environment = { DATABASE_URL: urlOf(database.service), MIGRATION_DATABASE_URL: database.url };
    expect(await program('restore', environment, file)).toMatchObject({ code: 0 });
    const service = run('api', { DATABASE_URL: urlOf(database.service) });
    const answer = await fetch(`${await service.ready()}/api/v1/incidents`, {
      method: 'POST',
      headers: { 'X-Access-Key': 'key', 'Content-Type': 'application/json', 'Idempotency-Key': 'a' },
      body: '{"description":"after","source":"operator"}',
    });
    expect(answer.status).toBe(201);
    expect(await service.end()).toBe(0);
    await Promise.all([old, database].map((each) => each.drop()));
  });

  it('reject a backup of a newer version, and replace a newer register by an older backup completely', async () => {
    const [newer, database] = await Promise.all([aDatabase(), aDatabase()]);
    expect((await program('backup', { DATABASE_URL: database.url }, file)).code).toBe(0);
    const newerFile = join(directory, 'newer.dump');
    await newer.query(`
      CREATE TABLE of_tomorrow (id bigint REFERENCES incidents);
      INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'KnowTomorrow9999999999999')`);
    expect((await program('backup', { DATABASE_URL: newer.url }, newerFile)).code).toBe(0);
    await database.query(REPORT);
    const before = await contentOf(database);
    expect(await program('restore', { DATABASE_URL: database.url }, '--replace', newerFile)).toMatchObject({
      code: 1,
      output: expect.stringMatching(/is of a newer version of the service.*KnowTomorrow9999999999999/),
    });
    expect(await contentOf(database)).toEqual(before);

    expect(await program('restore', { DATABASE_URL: newer.url }, file)).toMatchObject({
      code: 1,
      output: expect.stringContaining('a schema of a newer version of the service'),
    });
    expect(await program('restore', { DATABASE_URL: newer.url }, '--replace', file)).toMatchObject({
      code: 0,
    });
    expect(await schemaOf(newer)).toBe(await schemaOf(database));
    await Promise.all([newer, database].map((each) => each.drop()));
  });
});

describe('findTool', () => {
  it('reports a missing version of a PostgreSQL tool and how to install it', async () => {
    const old = mkdtempSync(join(tmpdir(), 'incidents-old-'));
    writeFileSync(join(old, 'pg_dump'), '#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6"\n', { mode: 0o755 });
    expect(() => findTool('pg_dump', 99, old)).toThrow(
      /^pg_dump of PostgreSQL 99 or later is needed, and the newest here is .*pg_dump, of version \d+\. Install/,
    );
    rmSync(old, { recursive: true });
  });
});
