import { Logger } from '@nestjs/common';
import { Client, type ClientConfig } from 'pg';
import { migrationDataSource } from './data-source.js';

// Any number would do that no other program locks in the same database: these are the letters "incident".
const LOCK = BigInt(`0x${Buffer.from('incident').toString('hex')}`);

const logger = new Logger('Migrations');

/**
 * Brings the schema up to date and resolves with the names of the migrations that ran. Processes that start
 * together take turns: TypeORM has no lock of its own, so one is held on a connection beside its own.
 */
export async function migrate(connection: ClientConfig): Promise<string[]> {
  const turn = new Client({ ...connection, application_name: 'incidents migrations' });
  await turn.connect();
  try {
    await takeTurn(turn);
    const dataSource = await migrationDataSource(connection).initialize();
    try {
      const migrations = await dataSource.runMigrations({ transaction: 'each' });
      return migrations.map(({ name }) => name);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await turn.end();
  }
}

async function takeTurn(client: Client): Promise<void> {
  const { rows } = await client.query<{ free: boolean }>('SELECT pg_try_advisory_lock($1) AS free', [LOCK]);
  if (rows[0]!.free) return;
  logger.log('another process is migrating the database; waiting for it');
  await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
}
