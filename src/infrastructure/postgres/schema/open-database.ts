import type { Client } from 'pg';
import { type DataSource, QueryFailedError, TypeORMError } from 'typeorm';
import type { Config } from '../../../config/config.js';
import { EmbeddedPostgres } from '../../embedded-postgres/embedded-postgres.js';
import { StartupError } from '../../../shared/startup-error.js';
import { addressOf, type Connection, connectionTo } from '../connection/connection.js';
import { isTransient, reasonOf } from '../connection/database-errors.js';
import { requestDataSource } from './data-source.js';
import { migrate } from './migrations.js';
import { roleOf } from './privileges.js';
import { reportSearchLocale } from '../lists/search-locale.js';
import { schemaVersion, warnOfNewerSchema } from './schema-version.js';
import { waitForDatabase } from '../connection/wait-for-database.js';

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const INSUFFICIENT_PRIVILEGE = '42501';

/** A database that answers; `close` also stops an embedded one. */
export interface ConnectedServer {
  readonly connection: Connection;
  /** The role that the service works as. */
  readonly role: string;
  close(): Promise<void>;
}

/**
 * Waits for the database of DATABASE_URL, or starts an embedded one if that is not set.
 * @throws StartupError if it does not answer, or the reason of `stop` once that is aborted.
 */
export async function connectOrStart(config: Config, stop: AbortSignal): Promise<ConnectedServer> {
  return connectWith(config, stop, (directory) => EmbeddedPostgres.start(directory));
}

/** The same for a program that runs beside the service: it shares a running embedded database. */
export async function attach(config: Config, stop: AbortSignal): Promise<ConnectedServer> {
  return connectWith(config, stop, (directory) => EmbeddedPostgres.attach(directory));
}

async function connectWith(
  config: Config,
  stop: AbortSignal,
  embed: (directory: string) => Promise<Pick<EmbeddedPostgres, 'connection' | 'stop'>>,
): Promise<ConnectedServer> {
  const { DATABASE_URL: url, DATABASE_STARTUP_TIMEOUT: seconds } = config;
  const embedded = url === undefined ? await embed(config.DATA_DIR) : undefined;
  const connection = embedded?.connection ?? connectionTo(url!);
  try {
    const role = await useOnce(await waitForDatabase(connection, seconds, stop), roleOf);
    return { connection, role, close: async () => embedded?.stop() };
  } catch (error) {
    await embedded?.stop();
    throw explained(error, connection, stop);
  }
}

/**
 * Runs the missing migrations and resolves with their names: as the owner in MIGRATION_DATABASE_URL, who then grants the
 * service's role its privileges, or as the service's role if that is not set.
 * @throws StartupError if the service's role lacks the privileges, or the reason of `stop` once that is aborted.
 */
export async function migrateAndGrant(
  server: ConnectedServer,
  config: Config,
  stop: AbortSignal,
): Promise<string[]> {
  try {
    return await migrateAs(server, config, stop);
  } catch (error) {
    throw explained(error, server.connection, stop);
  }
}

async function migrateAs(
  { connection, role }: ConnectedServer,
  config: Config,
  stop: AbortSignal,
): Promise<string[]> {
  if (config.MIGRATION_DATABASE_URL === undefined) {
    return migrate(connection, { signal: stop }).catch((error: unknown) => {
      if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
      throw new StartupError(
        `The role ${role} may not bring the schema up to date: set MIGRATION_DATABASE_URL to the ` +
          "database's address for the owner of its tables.",
        { cause: error },
      );
    });
  }
  const owner = connectionTo(config.MIGRATION_DATABASE_URL);
  const isOwner =
    (await useOnce(await waitForDatabase(owner, config.DATABASE_STARTUP_TIMEOUT, stop), roleOf)) === role;
  return migrate(owner, { signal: stop, role: isOwner ? undefined : role });
}

/**
 * Checks the schema for a program that does not migrate it.
 * @throws StartupError if the schema is older than the program.
 */
async function requireCurrentSchema({ connection }: ConnectedServer, stop: AbortSignal): Promise<void> {
  const version = await useOnce(await waitForDatabase(connection, 0, stop), schemaVersion);
  warnOfNewerSchema(version);
  if (version.missing.length === 0) return;
  throw new StartupError(
    `The database ${addressOf(connection)} has ${version.exists ? 'an outdated schema' : 'no schema yet'}: ` +
      'start the service, or run "make migrate", and try again.',
  );
}

/** The connections for requests, to a database with a current schema. */
export interface OpenDatabase {
  readonly dataSource: DataSource;
  close(): Promise<void>;
}

/** Waits for the database, migrates it and opens the connections. */
export async function openDatabase(config: Config, stop: AbortSignal): Promise<OpenDatabase> {
  const database = await connectOrStart(config, stop);
  return open(database, config, stop, () => migrateAndGrant(database, config, stop));
}

/** The same for a program that runs beside the service, and does not migrate the schema. */
export async function attachDatabase(config: Config, stop: AbortSignal): Promise<OpenDatabase> {
  const database = await attach(config, stop);
  return open(database, config, stop, () => requireCurrentSchema(database, stop));
}

async function open(
  database: ConnectedServer,
  config: Config,
  stop: AbortSignal,
  prepare: () => Promise<unknown>,
): Promise<OpenDatabase> {
  try {
    await prepare();
    const dataSource = await requestDataSource(database.connection, config.DATABASE_POOL_SIZE).initialize();
    await reportSearchLocale(dataSource);
    return {
      dataSource,
      close: async () => {
        // Nest destroys it with the application, and a second call would throw.
        if (dataSource.isInitialized) await dataSource.destroy();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw explained(error, database.connection, stop);
  }
}

/** The reason in one sentence, if the database failed during the start; any other error as it is. */
function explained(error: unknown, connection: Connection, stop: AbortSignal): unknown {
  const reason: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (
    stop.aborted ||
    reason instanceof StartupError ||
    reason instanceof TypeORMError ||
    !isTransient(reason)
  )
    return error;
  return new StartupError(
    `The database ${addressOf(connection)} failed while the process started: ${reasonOf(reason)}.`,
    { cause: error },
  );
}

/** Runs one function on a connection, and closes it. */
async function useOnce<Result>(client: Client, use: (client: Client) => Promise<Result>): Promise<Result> {
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
