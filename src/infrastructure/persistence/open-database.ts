import type { ClientConfig } from 'pg';
import type { DataSource } from 'typeorm';
import type { Config } from '../../config/config.js';
import { EmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { connectionTo } from './connection.js';
import { requestDataSource } from './data-source.js';
import { migrate } from './migrations.js';
import { grantRights, roleOf } from './rights.js';
import { StartFailure } from '../start-failure.js';
import { waitForDatabase } from './wait-for-database.js';

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const INSUFFICIENT_PRIVILEGE = '42501';

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

/**
 * Brings the schema up to date and resolves with the names of the migrations that ran: as the owner of
 * MIGRATION_DATABASE_URL, who then gives the service's role its rights, or as the service itself without one.
 * @throws StartFailure where the service's role may not do it.
 */
export async function bringUpToDate({ connection }: ReachedDatabase, config: Config): Promise<string[]> {
  if (config.MIGRATION_DATABASE_URL === undefined) {
    return migrate(connection).catch(async (error: unknown) => {
      if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
      throw new StartFailure(
        `The role ${await roleOf(connection)} may not bring the schema up to date: set MIGRATION_DATABASE_URL to the ` +
          "database's address for the owner of its tables.",
        { cause: error },
      );
    });
  }
  const owner = connectionTo(config.MIGRATION_DATABASE_URL);
  const names = await migrate(owner);
  const role = await roleOf(connection);
  if (role !== (await roleOf(owner))) await grantRights(owner, role);
  return names;
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
  return open(await visitReached(config, stop), config);
}

/** The same, as the database is. */
export async function visitReached(config: Config, stop: AbortSignal): Promise<ReachedDatabase> {
  if (config.DATABASE_URL !== undefined) return reachDatabase(config, stop);
  const embedded = await EmbeddedPostgres.visit(config.DATA_DIR);
  return { connection: embedded.connection, close: () => embedded.stop() };
}

async function open(database: ReachedDatabase, config: Config): Promise<OpenDatabase> {
  try {
    await bringUpToDate(database, config);
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
