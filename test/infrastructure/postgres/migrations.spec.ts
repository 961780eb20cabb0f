import { Client } from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndexConcurrently } from '../../../migrations/concurrent-index.js';
import { LIMITS_MS } from '../../../src/infrastructure/postgres/connection/connection.js';
import { migrationDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { migrate } from '../../../src/infrastructure/postgres/schema/migrations.js';
import { aDatabase, type TestDatabase, untilBlocking } from '../../support/databases.js';
import { pause } from '../../support/pause.js';

class CreateAnIndex1766999999000 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await createIndexConcurrently(queryRunner, 'an_index', 'ON incidents (urgent)');
  }

  async down(): Promise<void> {}
}

/** A migration that locks `incidents` against writes: its table refers to it. */
const LOCKS_INCIDENTS = 'CreateAttachments1766000014000';

describe('Migrations should', () => {
  let database: TestDatabase;
  let request: Client;

  beforeEach(async () => {
    database = await aDatabase();
    // With the time limit of a request.
    request = new Client({ ...database.connection, lock_timeout: 1_500 });
    await request.connect();
  });
  afterEach(async () => {
    await request.end();
    await database.drop();
  });

  it('let requests go on while another transaction changes incidents, and take effect once it has ended', async () => {
    const undone = await undoFrom(LOCKS_INCIDENTS);
    await database.query('BEGIN; UPDATE incidents SET description = description');
    const migrated = migrate(database.connection);
    await untilBlocking(database);

    await request.query('UPDATE incidents SET description = description');

    await database.query('COMMIT');
    expect(await migrated).toEqual(undone);
  });

  it('create an index while requests change its table, once an earlier transaction has ended', async () => {
    await database.query('BEGIN; UPDATE incidents SET description = description');
    const created = run(CreateAnIndex1766999999000);
    await untilBlocking(database);
    await pause(LIMITS_MS.lock, 'it waits longer than other migrations do for a lock');

    await request.query('UPDATE incidents SET description = description');

    await database.query('COMMIT');
    await created;
    expect(
      await database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'an_index'::regclass"),
    ).toEqual([{ indisvalid: true }]);
  });

  /** Runs a migration beside a transaction like the one that locks all migrations. */
  async function run(migration: new () => MigrationInterface): Promise<void> {
    const lock = new Client(database.connection);
    await lock.connect();
    const dataSource = migrationDataSource(database.connection).setOptions({ migrations: [migration] });
    try {
      await lock.query('BEGIN; SELECT pg_advisory_xact_lock(1)');
      await dataSource.initialize();
      await dataSource.runMigrations({ transaction: 'each' });
    } finally {
      await dataSource.destroy();
      await lock.end();
    }
  }

  /** Undoes this migration and all later ones. Returns their names, in their order. */
  async function undoFrom(name: string): Promise<string[]> {
    const rows = await database.query<{ name: string }>(
      'SELECT name FROM migrations WHERE id >= (SELECT id FROM migrations WHERE name = $1) ORDER BY id',
      [name],
    );
    const dataSource = await migrationDataSource(database.connection).initialize();
    try {
      for (const _ of rows) await dataSource.undoLastMigration({ transaction: 'all' });
    } finally {
      await dataSource.destroy();
    }
    return rows.map((row) => row.name);
  }
});
