import { Client } from 'pg';
import { migrationDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { migrate } from '../../../src/infrastructure/postgres/schema/migrations.js';
import { aDatabase, type TestDatabase, untilBlocking } from '../../support/databases.js';

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
