import type { DataSource } from 'typeorm';
import { migrationDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';

/** The first migration that is undone, with all after it. */
const FIRST = 'RecordAccessKeys1765300000000';

describe('the migrations of keys and their scopes, on a register with data', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await aDatabase();
    dataSource = await migrationDataSource(database.connection).initialize();
    const isThere = async () =>
      (await database.query('SELECT FROM migrations WHERE name = $1', [FIRST])).length > 0;
    while (await isThere()) await dataSource.undoLastMigration({ transaction: 'all' });
    await database.query(`
      INSERT INTO access_keys (name, role, digest, slot, created_at, revoked_at)
      SELECT name, 'reporter', sha256('a'), slot, '2026-01-01'::timestamptz + day * interval '1 day',
        '2026-01-01'::timestamptz + revoked * interval '1 day'
      FROM (VALUES
        ('shop', 1, 0, 3), ('shop', 2, 2, 4), ('shop', 1, 4, 6), -- two rotations, one in the moment of a revocation is new
        ('shop', 1, 10, NULL), ('till', 1, 0, NULL), ('till', 2, 20, NULL)
      ) AS key (name, slot, day, revoked)`);
    await database.query(`
      INSERT INTO incidents (description, status, source, version, created_at, updated_at, dedup_key, channel)
      VALUES ('a', 'NEW', 'monitoring', 1, now(), now(), 'x', 'rest'),
        ('b', 'NEW', 'monitoring', 1, now(), now(), 'y', 'alertmanager')`);
    await database.query(`
      INSERT INTO idempotency_records (scope, key, fingerprint, at, incident_id, version)
      SELECT scope, key, sha256('a'), '2026-01-01'::timestamptz + day * interval '1 day', 1, 1
      FROM (VALUES
        ('POST /incidents shop', 'first', 1), ('POST /incidents shop', 'rotated', 3),
        ('POST /incidents shop', 'between', 5), ('POST /incidents shop', 'new', 11),
        ('POST /incidents shop', 'skewed', -1),
        ('PATCH /incidents/1 till', 'change', 21), ('PATCH /incidents/1/status till', 'status', 1),
        ('POST /incidents admin', 'environment', 1), ('POST /incidents kafka:', 'kafka', 1),
        ('POST /incidents nobody', 'nobody', 1), ('kafka place POST /incidents', 'place', 1),
        ('POST /intake/alertmanager', 'alert', 1)
      ) AS record (scope, key, day)`);
    await dataSource.runMigrations({ transaction: 'each' });
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('give each key the one that its rotations began with', async () => {
    const keys = await database.query<{ id: number; first: number }>(
      'SELECT id, coalesce(first_key_id, id) AS first FROM access_keys ORDER BY id',
    );
    expect(keys.map(({ first }) => first)).toEqual([1, 1, 3, 4, 5, 5]);
  });

  it('give each record to the key that was the newest of its name then', async () => {
    const records = await database.query<{ key: string; scope: string }>(
      'SELECT key, scope FROM idempotency_records',
    );
    expect(Object.fromEntries(records.map(({ key, scope }) => [key, scope]))).toEqual({
      first: 'POST /incidents key:1',
      rotated: 'POST /incidents key:1',
      between: 'POST /incidents key:3',
      new: 'POST /incidents key:4',
      skewed: 'POST /incidents key:1',
      change: 'PATCH /incidents/1 key:5',
      status: 'PATCH /incidents/1/status key:5',
      environment: 'POST /incidents key:environment',
      kafka: 'POST /incidents kafka:',
      nobody: 'POST /incidents nobody',
      place: 'kafka place POST /incidents',
      alert: 'POST /intake/alertmanager',
    });
  });

  it('keep a deduplication key unique within its channel, and no further', async () => {
    const add = (key: string, channel: string) =>
      database.query(
        `INSERT INTO incidents (description, status, source, version, created_at, updated_at, dedup_key, channel)
         VALUES ('c', 'NEW', 'monitoring', 1, now(), now(), $1, $2)`,
        [key, channel],
      );
    await expect(add('x', 'rest')).rejects.toThrow('incidents_open_dedup_key');
    await add('x', 'alertmanager');
    await expect(add('y', 'alertmanager')).rejects.toThrow('incidents_open_dedup_key');
  });
});
