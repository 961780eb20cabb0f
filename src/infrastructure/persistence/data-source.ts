import { Logger } from '@nestjs/common';
import type { ClientConfig } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { CreateIncidents1763600000000 } from '../../../migrations/1763600000000-create-incidents.js';
import { CountIncidents1763700000000 } from '../../../migrations/1763700000000-count-incidents.js';
import { SearchIncidents1763800000000 } from '../../../migrations/1763800000000-search-incidents.js';
import { GatherSearchEntries1763900000000 } from '../../../migrations/1763900000000-gather-search-entries.js';
import { RememberRequests1764000000000 } from '../../../migrations/1764000000000-remember-requests.js';
import { ListIndexForAll1764100000000 } from '../../../migrations/1764100000000-list-index-for-all.js';
import { KeepAccessKeys1764200000000 } from '../../../migrations/1764200000000-keep-access-keys.js';
import { NameRepeats1764300000000 } from '../../../migrations/1764300000000-name-repeats.js';
import { KnowRepeats1764400000000 } from '../../../migrations/1764400000000-know-repeats.js';
import { NameChannels1764500000000 } from '../../../migrations/1764500000000-name-channels.js';
import { KeepApart1764600000000 } from '../../../migrations/1764600000000-keep-apart.js';
import { QueueEvents1764700000000 } from '../../../migrations/1764700000000-queue-events.js';
import { KeepHeadersApart1764800000000 } from '../../../migrations/1764800000000-keep-headers-apart.js';
import { AccessKeyRow } from './access-key.row.js';
import { LIMITS } from './connection.js';
import { DeliveryRow } from './delivery.row.js';
import { EventConsumerRow, EventOutboxRow, EventShardRow } from './event-outbox.row.js';
import { IdempotencyRecordRow } from './idempotency-record.row.js';
import { IncidentCountRow } from './incident-count.row.js';
import { IncidentEventRow } from './incident-event.row.js';
import { IncidentRow } from './incident.row.js';
import { QuarantineRow } from './quarantine.row.js';

const logger = new Logger('Database');

const SCHEMA = {
  type: 'postgres' as const,
  entities: [
    IncidentRow,
    IncidentEventRow,
    IncidentCountRow,
    IdempotencyRecordRow,
    AccessKeyRow,
    QuarantineRow,
    DeliveryRow,
    EventOutboxRow,
    EventConsumerRow,
    EventShardRow,
  ],
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
  ],
  migrationsTableName: 'migrations',
  logging: false,
  poolErrorHandler: (error: Error) => logger.warn(`an idle connection was lost: ${error.message}`),
} satisfies DataSourceOptions;

/** The steps of the schema that this program knows, by the names that the database keeps. */
export const MIGRATIONS: ReadonlySet<string> = new Set(SCHEMA.migrations.map(({ name }) => name));

/** The connections that serve requests, each with the time limits of a request. */
export function requestDataSource(connection: ClientConfig, poolSize: number): DataSource {
  const limited = {
    ...connection,
    application_name: 'incidents',
    connectionTimeoutMillis: LIMITS.checkout,
    statement_timeout: LIMITS.statement,
    lock_timeout: LIMITS.lock,
    query_timeout: LIMITS.answer,
    idle_in_transaction_session_timeout: LIMITS.idleInTransaction,
    // Statements are planned once for each connection, not for each request: planning a list costs more than reading it.
    // Lists are to walk an index in order, whatever the statistics of a young or quickly growing table suggest: sorting
    // what passes a filter costs as much as there is. What has to be sorted (a page, hits of a search) still is. For the same
    // reason a search is not to read the whole table where it is taken to find more than it does.
    options: `${connection.options ?? ''} -c plan_cache_mode=force_generic_plan -c enable_sort=off -c enable_seqscan=off -c timezone=UTC`,
  };
  return new DataSource({ ...SCHEMA, poolSize, extra: limited });
}

/** A connection for migrations: without time limits, since an index over a large register takes its time. */
export function migrationDataSource(connection: ClientConfig): DataSource {
  return new DataSource({
    ...SCHEMA,
    poolSize: 1,
    extra: { ...connection, application_name: 'incidents migrations' },
  });
}
