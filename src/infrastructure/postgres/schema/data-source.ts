import { DataSource, type DataSourceOptions } from 'typeorm';
import { MIGRATIONS } from '../../../../migrations/index.js';
import { type Connection, LIMITS_MS } from '../connection/connection.js';
import {
  DatabaseClient,
  type DatabaseClientConfig,
  unlimited,
  warnOfLostConnection,
} from '../connection/database-client.js';
import type { Settings } from '../connection/server-check.js';
import { INCIDENT_ENTITIES } from '../incidents/incident-entities.js';

const SCHEMA = {
  type: 'postgres' as const,
  entities: INCIDENT_ENTITIES,
  migrations: MIGRATIONS,
  migrationsTableName: 'migrations',
  logging: false,
  // By default, it writes to the console even what `logging` turns off.
  logger: 'debug',
  poolErrorHandler: warnOfLostConnection,
} satisfies DataSourceOptions;

/** The migrations of this version, by the names that the database stores. */
export const MIGRATION_NAMES: ReadonlySet<string> = new Set(MIGRATIONS.map(({ name }) => name));

const REQUEST_SETTINGS: Settings = {
  statement_timeout: String(LIMITS_MS.statement),
  lock_timeout: String(LIMITS_MS.lock),
  idle_in_transaction_session_timeout: String(LIMITS_MS.idleInTransaction),
  timezone: 'UTC',
  // Statements are planned every few seconds (ADR 49), not per request: planning a list costs more than reading it.
  plan_cache_mode: 'force_generic_plan',
  // JIT compilation takes longer than any statement of a request.
  jit: 'off',
};

/**
 * How long a migration waits for a lock. All requests for the table wait behind it, and each of them is given up after
 * `LIMITS_MS.lock`.
 */
const MIGRATION_LOCK_TIMEOUT_MS = LIMITS_MS.lock / 2;

/** The connections that serve requests, each with the time limits of a request. */
export function requestDataSource(connection: Connection, poolSize: number): DataSource {
  return dataSourceOf(poolSize, {
    ...connection,
    application_name: 'incidents',
    connectionTimeoutMillis: LIMITS_MS.acquire,
    query_timeout: LIMITS_MS.query,
    settings: REQUEST_SETTINGS,
  });
}

/** A connection for migrations: without time limits, except that it does not wait for a lock longer than requests can wait behind it. */
export function migrationDataSource(connection: Connection, signal?: AbortSignal): DataSource {
  const client = unlimited(connection, 'incidents migrations', signal);
  return dataSourceOf(1, {
    ...client,
    settings: { ...client.settings, lock_timeout: String(MIGRATION_LOCK_TIMEOUT_MS) },
  });
}

function dataSourceOf(poolSize: number, client: DatabaseClientConfig): DataSource {
  return new DataSource({ ...SCHEMA, poolSize, extra: { ...client, Client: DatabaseClient } });
}
