import { Logger } from '@nestjs/common';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { MIGRATIONS } from '../../../../migrations/index.js';
import { AccessKeyRow } from '../access/access-key.row.js';
import { AlertEpisodeRow } from '../webhooks/alert-episode.row.js';
import { type Connection, LIMITS_MS } from '../connection/connection.js';
import { DatabaseClient, type DatabaseClientConfig, unlimited } from '../connection/database-client.js';
import { ReceivedNotificationRow } from '../webhooks/received-notification.row.js';
import { FeedConsumerRow, FeedQueueRow, FeedRow, FeedStateRow } from '../feed/feed.row.js';
import { IdempotencyRecordRow } from '../idempotency/idempotency-record.row.js';
import { ChannelRow } from '../incidents/channel.row.js';
import { IncidentCountRow } from '../incidents/incident-count.row.js';
import { IncidentEventRow } from '../incidents/incident-event.row.js';
import { IncidentEntity } from '../incidents/incident-columns.js';
import { QuarantineRow } from '../quarantine/quarantine.row.js';
import type { Settings } from '../connection/server-check.js';

const logger = new Logger('Database');

const SCHEMA = {
  type: 'postgres' as const,
  entities: [
    ChannelRow,
    IncidentEntity,
    IncidentEventRow,
    IncidentCountRow,
    IdempotencyRecordRow,
    AccessKeyRow,
    QuarantineRow,
    ReceivedNotificationRow,
    AlertEpisodeRow,
    FeedRow,
    FeedQueueRow,
    FeedStateRow,
    FeedConsumerRow,
  ],
  migrations: MIGRATIONS,
  migrationsTableName: 'migrations',
  logging: false,
  // The pool has added the client to the error.
  poolErrorHandler: (error: Error & { readonly client?: DatabaseClient }) =>
    logger.warn(`lost an idle connection to ${error.client?.address}: ${error.message}`),
} satisfies DataSourceOptions;

/** The migrations of this version, by the names that the database stores. */
export const MIGRATION_NAMES: ReadonlySet<string> = new Set(MIGRATIONS.map(({ name }) => name));

const REQUEST_SETTINGS: Settings = {
  statement_timeout: String(LIMITS_MS.statement),
  lock_timeout: String(LIMITS_MS.lock),
  idle_in_transaction_session_timeout: String(LIMITS_MS.idleInTransaction),
  timezone: 'UTC',
  // Statements are planned once per connection, not per request: planning a list costs more than reading it.
  plan_cache_mode: 'force_generic_plan',
  // JIT compilation takes longer than any statement of a request.
  jit: 'off',
};

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

/** A connection for migrations, without time limits. */
export function migrationDataSource(connection: Connection, signal?: AbortSignal): DataSource {
  return dataSourceOf(1, unlimited(connection, 'incidents migrations', signal));
}

function dataSourceOf(poolSize: number, client: DatabaseClientConfig): DataSource {
  return new DataSource({ ...SCHEMA, poolSize, extra: { ...client, Client: DatabaseClient } });
}
