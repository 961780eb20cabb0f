import { Logger } from '@nestjs/common';
import { DataSource, type DataSourceOptions } from 'typeorm';
<<<<<<< HEAD
import { CreateIncidents1763600000000 } from '../../../../migrations/1763600000000-create-incidents.js';
import { CountIncidents1763700000000 } from '../../../../migrations/1763700000000-count-incidents.js';
import { SearchIncidents1763800000000 } from '../../../../migrations/1763800000000-search-incidents.js';
import { GatherSearchEntries1763900000000 } from '../../../../migrations/1763900000000-gather-search-entries.js';
import { RememberRequests1764000000000 } from '../../../../migrations/1764000000000-remember-requests.js';
import { ListIndexForAll1764100000000 } from '../../../../migrations/1764100000000-list-index-for-all.js';
import { KeepAccessKeys1764200000000 } from '../../../../migrations/1764200000000-keep-access-keys.js';
import { NameRepeats1764300000000 } from '../../../../migrations/1764300000000-name-repeats.js';
import { KnowRepeats1764400000000 } from '../../../../migrations/1764400000000-know-repeats.js';
import { NameChannels1764500000000 } from '../../../../migrations/1764500000000-name-channels.js';
import { KeepApart1764600000000 } from '../../../../migrations/1764600000000-keep-apart.js';
import { QueueEvents1764700000000 } from '../../../../migrations/1764700000000-queue-events.js';
import { KeepHeadersApart1764800000000 } from '../../../../migrations/1764800000000-keep-headers-apart.js';
import { FoldSearchedTexts1765100000000 } from '../../../../migrations/1765100000000-fold-searched-texts.js';
import { AddCreatedXid1765110000000 } from '../../../../migrations/1765110000000-add-created-xid.js';
import { RecordAccessKeys1765300000000 } from '../../../../migrations/1765300000000-record-access-keys.js';
import { ScopeDedupKeys1765310000000 } from '../../../../migrations/1765310000000-scope-dedup-keys.js';
import { ScopeIdempotencyKeys1765320000000 } from '../../../../migrations/1765320000000-scope-idempotency-keys.js';
import { KeepReplayState1765400000000 } from '../../../../migrations/1765400000000-keep-replay-state.js';
import { IndexSettledQuarantine1765500000000 } from '../../../../migrations/1765500000000-index-settled-quarantine.js';
import { KeepAlertEpisodes1765800000000 } from '../../../../migrations/1765800000000-keep-alert-episodes.js';
import { KeepConsumersLastSeen1765900000000 } from '../../../../migrations/1765900000000-keep-consumers-last-seen.js';
import { CreateFeed1766100000000 } from '../../../../migrations/1766100000000-create-feed.js';
=======
import { MIGRATIONS } from '../../../../migrations/index.js';
>>>>>>> main
import { AccessKeyRow } from '../access/access-key.row.js';
import { AlertEpisodeRow } from '../webhooks/alert-episode.row.js';
import { type Connection, LIMITS } from '../connection/connection.js';
import { DatabaseClient, type DatabaseClientConfig, unlimited } from '../connection/database-client.js';
import { ReceivedNotificationRow } from '../webhooks/received-notification.row.js';
import { FeedConsumerRow, FeedQueueRow, FeedRow, FeedStateRow } from '../feed/feed.row.js';
import { IdempotencyRecordRow } from '../idempotency/idempotency-record.row.js';
import { ChannelRow } from '../incidents/channel.row.js';
import { IncidentCountRow } from '../incidents/incident-count.row.js';
import { IncidentEventRow } from '../incidents/incident-event.row.js';
import { IncidentEntity } from '../incidents/incident.entity.js';
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
<<<<<<< HEAD
  migrations: [
    CreateIncidents1763600000000,
    CountIncidents1763700000000,
    SearchIncidents1763800000000,
    GatherSearchEntries1763900000000,
    RememberRequests1764000000000,
    ListIndexForAll1764100000000,
    KeepAccessKeys1764200000000,
    NameRepeats1764300000000,
    KnowRepeats1764400000000,
    NameChannels1764500000000,
    KeepApart1764600000000,
    QueueEvents1764700000000,
    KeepHeadersApart1764800000000,
    FoldSearchedTexts1765100000000,
    AddCreatedXid1765110000000,
    RecordAccessKeys1765300000000,
    ScopeDedupKeys1765310000000,
    ScopeIdempotencyKeys1765320000000,
    KeepReplayState1765400000000,
    IndexSettledQuarantine1765500000000,
    KeepAlertEpisodes1765800000000,
    KeepConsumersLastSeen1765900000000,
    CreateFeed1766100000000,
  ],
=======
  migrations: MIGRATIONS,
>>>>>>> main
  migrationsTableName: 'migrations',
  logging: false,
  // The pool has added which connection it was.
  poolErrorHandler: (error: Error & { readonly client?: DatabaseClient }) =>
    logger.warn(`an idle connection to ${error.client?.address} was lost: ${error.message}`),
} satisfies DataSourceOptions;

/** The migrations that this program knows, by the names that the database stores. */
export const MIGRATION_NAMES: ReadonlySet<string> = new Set(MIGRATIONS.map(({ name }) => name));

const REQUEST_SETTINGS: Settings = {
  statement_timeout: String(LIMITS.statement),
  lock_timeout: String(LIMITS.lock),
  idle_in_transaction_session_timeout: String(LIMITS.idleInTransaction),
  timezone: 'UTC',
  // Statements are planned once for each connection, not for each request: planning a list costs more than reading it.
  plan_cache_mode: 'force_generic_plan',
  // Compiling a plan takes longer than any statement of a request.
  jit: 'off',
};

/** The connections that serve requests, each with the time limits of a request. */
export function requestDataSource(connection: Connection, poolSize: number): DataSource {
  return dataSourceOf(poolSize, {
    ...connection,
    application_name: 'incidents',
    connectionTimeoutMillis: LIMITS.checkout,
    query_timeout: LIMITS.answer,
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
