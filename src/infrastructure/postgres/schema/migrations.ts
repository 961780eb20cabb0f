import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Client } from 'pg';
import type { Connection } from '../connection/connection.js';
import { migrationDataSource } from './data-source.js';
import { connect } from '../connection/database-client.js';
import { grantPrivileges } from './privileges.js';
import { schemaVersion, warnOfNewerSchema } from './schema-version.js';

// Any number would do that no other program locks in the same database: these are the letters "incident".
const LOCK = BigInt(`0x${Buffer.from('incident').toString('hex')}`);
const PAUSE_MS = 500;

const logger = new Logger('Migrations');

interface MigrateOptions {
  /** The role of the service, which gets the rights that it needs, where the owner of the tables is another. */
  readonly role?: string;
  /** Aborted, it ends what runs or waits for a lock: the step that it belongs to is rolled back. */
  readonly signal?: AbortSignal;
}

/**
 * Brings the schema up to date and resolves with the names of the migrations that ran. Processes that start
 * together take turns.
 */
export async function migrate(
  connection: Connection,
  { role, signal }: MigrateOptions = {},
): Promise<string[]> {
  const turn = await connect(connection, 'incidents migrations', signal);
  try {
    await takeTurn(turn, signal);
    const version = await schemaVersion(turn);
    warnOfNewerSchema(version);
    const names = version.missing.length > 0 ? await runMigrations(connection, signal) : [];
    // A newer version needs other rights.
    if (role !== undefined && version.unknown.length === 0) await grantPrivileges(turn, role);
    await turn.query('COMMIT');
    return names;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await turn.end();
  }
}

/**
 * TypeORM has no lock of its own. This one lasts as long as a transaction, which a pooler leaves on one connection of the
 * server; nothing else needs the transaction, and no limit of the server ends it.
 */
async function takeTurn(client: Client, signal: AbortSignal | undefined): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    signal?.throwIfAborted();
    await client.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0');
    const { rows } = await client.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS free', [
      LOCK,
    ]);
    if (rows[0]!.free) return;
    await client.query('ROLLBACK');
    if (isFirst) logger.log('another process is migrating the database; waiting for it');
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

async function runMigrations(connection: Connection, signal: AbortSignal | undefined): Promise<string[]> {
  const dataSource = await migrationDataSource(connection, signal).initialize();
  try {
    const migrations = await dataSource.runMigrations({ transaction: 'each' });
    return migrations.map(({ name }) => name);
  } finally {
    await dataSource.destroy();
  }
}
