import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Client } from 'pg';
import { QueryFailedError } from 'typeorm';
import { type BackoffRange, retryWithBackoff } from '../../../shared/backoff.js';
import type { Connection } from '../connection/connection.js';
import { migrationDataSource } from './data-source.js';
import { connect } from '../connection/database-client.js';
import { isLockFailure } from '../connection/database-errors.js';
import { grantPrivileges } from './privileges.js';
import { schemaVersion, warnOfNewerSchema } from './schema-version.js';

// Any number works that no other program locks in the same database: this one is the letters "incident".
const MIGRATION_LOCK_ID = BigInt(`0x${Buffer.from('incident').toString('hex')}`);
const LOCK_RETRY_PAUSE_MS = 500;
/** Between two attempts of a migration: requests that waited behind the first one are answered meanwhile. */
const MIGRATION_PAUSES: BackoffRange = { firstMs: 1_000, maxMs: 10_000 };

const logger = new Logger('Migrations');

interface MigrateOptions {
  /** The role of the service, if it is not the owner of the tables: it is granted the privileges that it needs. */
  readonly role?: string;
  /** When it is aborted, the running migration or the wait for a lock is cancelled, and its transaction rolled back. */
  readonly signal?: AbortSignal;
}

/**
 * Runs the missing migrations and resolves with their names. Processes that start together run it one after the other.
 */
export async function migrate(
  connection: Connection,
  { role, signal }: MigrateOptions = {},
): Promise<string[]> {
  const client = await connect(connection, 'incidents migrations', signal);
  try {
    await acquireMigrationLock(client, signal);
    const version = await schemaVersion(client);
    warnOfNewerSchema(version);
    if (version.missing.length > 0) await runMigrations(connection, signal);
    // A newer version needs other privileges.
    if (role !== undefined && version.unknown.length === 0) await grantPrivileges(client, role);
    await client.query('COMMIT');
    return [...version.missing];
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await client.end();
  }
}

/**
 * TypeORM does not lock migrations. This lock lasts for a transaction, which a pooler keeps on one connection of the server; the
 * transaction has no other purpose, and no idle timeout.
 */
async function acquireMigrationLock(client: Client, signal: AbortSignal | undefined): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    signal?.throwIfAborted();
    await client.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0');
    const { rows } = await client.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS free', [
      MIGRATION_LOCK_ID,
    ]);
    if (rows[0]!.free) return;
    await client.query('ROLLBACK');
    if (isFirst) logger.log('another process is migrating the database; waiting for it');
    await sleep(LOCK_RETRY_PAUSE_MS, undefined, { signal });
  }
}

/**
 * Runs the missing migrations, each in a transaction. One that gets no lock in time is rolled back and tried again until it does.
 */
async function runMigrations(connection: Connection, signal: AbortSignal | undefined): Promise<void> {
  const dataSource = await migrationDataSource(connection, signal).initialize();
  try {
    await retryWithBackoff(() => dataSource.runMigrations({ transaction: 'each' }), {
      ...MIGRATION_PAUSES,
      stop: signal ?? new AbortController().signal,
      onFailure: (error) => {
        if (!(error instanceof QueryFailedError && isLockFailure(error.driverError))) throw error;
        logger.warn(
          'a migration waited too long for a lock that another transaction holds; trying again until it is free',
        );
      },
    });
  } finally {
    await dataSource.destroy();
  }
}
