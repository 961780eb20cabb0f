import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import type { Config } from '../../../config/config.js';
import { EmbeddedPostgres } from '../../embedded-postgres/embedded-postgres.js';
import { StartFailure } from '../../../shared/startup-error.js';
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
export interface ReachedDatabase {
  readonly connection: Connection;
  /** The role that the service works as. */
  readonly role: string;
  close(): Promise<void>;
}

/**
 * The database of DATABASE_URL, or an embedded one without it, once it answers.
 * @throws StartFailure where it does not, or the reason of `stop` when told to stop waiting.
 */
export async function reachDatabase(config: Config, stop: AbortSignal): Promise<ReachedDatabase> {
  return reach(config, stop, (directory) => EmbeddedPostgres.start(directory));
}

/** The same for a program that runs beside the service, and shares its embedded database while that is running. */
export async function visitReached(config: Config, stop: AbortSignal): Promise<ReachedDatabase> {
  return reach(config, stop, (directory) => EmbeddedPostgres.visit(directory));
}

async function reach(
  config: Config,
  stop: AbortSignal,
  embed: (directory: string) => Promise<Pick<EmbeddedPostgres, 'connection' | 'stop'>>,
): Promise<ReachedDatabase> {
  const { DATABASE_URL: url, DATABASE_WAIT: seconds } = config;
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
 * @throws StartFailure where the service's role may not do it, or the reason of `stop` when told to stop.
 */
export async function bringUpToDate(
  { connection, role }: ReachedDatabase,
  config: Config,
  stop: AbortSignal,
): Promise<string[]> {
  if (config.MIGRATION_DATABASE_URL === undefined) {
    return migrate(connection, { signal: stop }).catch((error: unknown) => {
      if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
      throw new StartFailure(
        `The role ${role} may not bring the schema up to date: set MIGRATION_DATABASE_URL to the ` +
          "database's address for the owner of its tables.",
        { cause: error },
      );
    });
  }
  const owner = connectionTo(config.MIGRATION_DATABASE_URL);
  const isOwner = (await askOnce(await waitForDatabase(owner, config.DATABASE_WAIT, stop), roleOf)) === role;
  return migrate(owner, { signal: stop, role: isOwner ? undefined : role });
}

/**
 * What a program does that leaves the schema to the service.
 * @throws StartFailure where the schema is older than the program.
 */
async function requireCurrentSchema({ connection }: ReachedDatabase, stop: AbortSignal): Promise<void> {
  const version = await askOnce(await waitForDatabase(connection, 0, stop), schemaVersion);
  warnOfNewerSchema(version);
  if (version.missing.length === 0) return;
  throw new StartFailure(
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
  const database = await reachDatabase(config, stop);
  return open(database, config, () => bringUpToDate(database, config, stop));
}

/** The same for a program that runs beside the service, and leaves the schema to that. */
export async function visitDatabase(config: Config, stop: AbortSignal): Promise<OpenDatabase> {
  const database = await visitReached(config, stop);
  return open(database, config, () => requireCurrentSchema(database, stop));
}

async function open(
  database: ReachedDatabase,
  config: Config,
  prepare: () => Promise<unknown>,
): Promise<OpenDatabase> {
  try {
    await prepare();
    const dataSource = await requestDataSource(database.connection, config.DATABASE_POOL).initialize();
    await reportSearchLocale(dataSource);
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

/** Asks one question on a connection, and ends it. */
async function askOnce<Answer>(client: Client, ask: (client: Client) => Promise<Answer>): Promise<Answer> {
  try {
    return await ask(client);
  } finally {
    await client.end();
  }
}
