import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import type { Config } from '../../../config/config.js';
import { EmbeddedPostgres } from '../../embedded-postgres/embedded-postgres.js';
import { StartupError } from '../../../shared/startup-error.js';
import { addressOf, type Connection, connectionTo } from '../connection/connection.js';
import { requestDataSource } from './data-source.js';
import { migrate } from './migrations.js';
import { roleOf } from './privileges.js';
import { reportSearchLocale } from '../lists/search-locale.js';
import { schemaVersion, warnOfNewerSchema } from './schema-version.js';
import { waitForDatabase } from '../connection/wait-for-database.js';

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const INSUFFICIENT_PRIVILEGE = '42501';

/** A database that answers; `close` stops it too where it is embedded. */
export interface ConnectedServer {
  readonly connection: Connection;
  /** The role that the service works as. */
  readonly role: string;
  close(): Promise<void>;
}

/**
 * The database of DATABASE_URL, or an embedded one without it, once it answers.
 * @throws StartupError where it does not, or the reason of `stop` when told to stop waiting.
 */
export async function connectOrStart(config: Config, stop: AbortSignal): Promise<ConnectedServer> {
  return reach(config, stop, (directory) => EmbeddedPostgres.start(directory));
}

/** The same for a program that runs beside the service, and shares its embedded database while that is running. */
export async function attach(config: Config, stop: AbortSignal): Promise<ConnectedServer> {
  return reach(config, stop, (directory) => EmbeddedPostgres.attach(directory));
}

async function reach(
  config: Config,
  stop: AbortSignal,
  embed: (directory: string) => Promise<Pick<EmbeddedPostgres, 'connection' | 'stop'>>,
): Promise<ConnectedServer> {
  const { DATABASE_URL: url, DATABASE_STARTUP_TIMEOUT: seconds } = config;
  const embedded = url === undefined ? await embed(config.DATA_DIR) : undefined;
  try {
    const connection = embedded?.connection ?? connectionTo(url!);
    const role = await askOnce(await waitForDatabase(connection, seconds, stop), roleOf);
    return { connection, role, close: async () => embedded?.stop() };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/**
 * Brings the schema up to date and resolves with the names of the migrations that ran: as the owner of
 * MIGRATION_DATABASE_URL, who then gives the service's role its rights, or as the service itself without one.
 * @throws StartupError where the service's role may not do it, or the reason of `stop` when told to stop.
 */
export async function migrateAndGrant(
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
    (await askOnce(await waitForDatabase(owner, config.DATABASE_STARTUP_TIMEOUT, stop), roleOf)) === role;
  return migrate(owner, { signal: stop, role: isOwner ? undefined : role });
}

/**
 * What a program does that leaves the schema to the service.
 * @throws StartupError where the schema is older than the program.
 */
async function requireCurrentSchema({ connection }: ConnectedServer, stop: AbortSignal): Promise<void> {
  const version = await askOnce(await waitForDatabase(connection, 0, stop), schemaVersion);
  warnOfNewerSchema(version);
  if (version.missing.length === 0) return;
  throw new StartupError(
    `The database ${addressOf(connection)} has ${version.exists ? 'an outdated schema' : 'no register yet'}: ` +
      'start the service, or run "make migrate", and try again.',
  );
}

/** A database whose schema is current, and the connections for requests. */
export interface OpenDatabase {
  readonly dataSource: DataSource;
  close(): Promise<void>;
}

/** Reaches the database, migrates it and connects. */
export async function openDatabase(config: Config, stop: AbortSignal): Promise<OpenDatabase> {
  const database = await connectOrStart(config, stop);
  return open(database, config, () => migrateAndGrant(database, config, stop));
}

/** The same for a program that runs beside the service, and leaves the schema to that. */
export async function attachDatabase(config: Config, stop: AbortSignal): Promise<OpenDatabase> {
  const database = await attach(config, stop);
  return open(database, config, () => requireCurrentSchema(database, stop));
}

async function open(
  database: ConnectedServer,
  config: Config,
  prepare: () => Promise<unknown>,
): Promise<OpenDatabase> {
  try {
    await prepare();
    const dataSource = await requestDataSource(database.connection, config.DATABASE_POOL_SIZE).initialize();
    await reportSearchLocale(dataSource);
    return {
      dataSource,
      close: async () => {
        // Nest destroys it with the application, and a second time would throw.
        if (dataSource.isInitialized) await dataSource.destroy();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Asks one question on a connection, and ends it. */
async function askOnce<Answer>(client: Client, ask: (client: Client) => Promise<Answer>): Promise<Answer> {
  try {
    return await ask(client);
  } finally {
    await client.end();
  }
}
