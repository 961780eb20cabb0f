import type { ClientConfig } from 'pg';
import type { DataSource } from 'typeorm';
import type { Config } from '../../config/config.js';
import { EmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { connectionTo } from './connection.js';
import { requestDataSource } from './data-source.js';
import { migrate } from './migrations.js';
import { waitForDatabase } from './wait-for-database.js';

/** A database that answers; `close` stops it too where it is embedded. */
export interface ReachedDatabase {
  readonly connection: ClientConfig;
  close(): Promise<void>;
}

/**
 * The database of DATABASE_URL, or an embedded one without it, once it answers.
 * @throws StartFailure where it does not, or the reason of `stop` when told to stop waiting.
 */
export async function reachDatabase(config: Config, stop: AbortSignal): Promise<ReachedDatabase> {
  if (config.DATABASE_URL === undefined) {
    const embedded = await EmbeddedPostgres.start(config.DATA_DIR);
    return { connection: embedded.connection, close: () => embedded.stop() };
  }
  const connection = connectionTo(config.DATABASE_URL);
  await waitForDatabase(connection, config.DATABASE_WAIT, stop);
  return { connection, close: async () => {} };
}

/** A database whose schema is current, and the connections for requests. */
export interface OpenDatabase {
  readonly dataSource: DataSource;
  close(): Promise<void>;
}

/** Reaches the database, migrates it and connects. */
export async function openDatabase(config: Config, stop: AbortSignal): Promise<OpenDatabase> {
  return open(await reachDatabase(config, stop), config);
}

/** The same for a program that runs beside the service, and shares its embedded database while that is running. */
export async function visitDatabase(config: Config, stop: AbortSignal): Promise<OpenDatabase> {
  if (config.DATABASE_URL !== undefined) return openDatabase(config, stop);
  const embedded = await EmbeddedPostgres.visit(config.DATA_DIR);
  return open({ connection: embedded.connection, close: () => embedded.stop() }, config);
}

async function open(database: ReachedDatabase, config: Config): Promise<OpenDatabase> {
  try {
    await migrate(database.connection);
    const dataSource = await requestDataSource(database.connection, config.DATABASE_POOL).initialize();
    return {
      dataSource,
      close: async () => {
        await dataSource.destroy();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
