import cluster from 'node:cluster';
import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { AttachmentRepository } from '../application/attachments/attachment-repository.js';
import { Images } from '../application/attachments/images.js';
import { TemporaryFiles } from '../application/attachments/temporary-files.js';
import { AttentionPolicies } from '../application/attention/attention-policies.js';
import { ChangedPolicies } from '../application/attention/changed-policies.js';
import { Timers } from '../application/attention/timers.js';
import { EventFeed } from '../application/feed/event-feed.js';
import { FeedConsumers } from '../application/feed/feed-consumers.js';
import { HeartbeatMetrics } from '../application/heartbeat/heartbeat-metrics.js';
import { DueHeartbeats, Heartbeats } from '../application/heartbeat/heartbeats.js';
import { AlertEpisodes } from '../application/intake/alert-episodes.js';
import { Clock } from '../application/operations/clock.js';
import { ReceivedNotifications } from '../application/intake/received-notifications.js';
import { IntakeMetrics } from '../application/intake/intake-metrics.js';
import { UsedNonces } from '../application/access/used-nonces.js';
import { AccessKeyVerifier } from '../application/access/access-key-verifier.js';
import { ImportRepository } from '../application/imports/import-repository.js';
import { IncidentHistory } from '../application/incident/incident-history.js';
import { IncidentList } from '../application/incident/incident-list.js';
import { SimilarIncidents } from '../application/incident/similar-incidents.js';
import { MetricsExporter } from '../application/operations/metrics-exporter.js';
import { Quarantine } from '../application/quarantine/quarantine.js';
import { RateLimiter } from '../application/access/rate-limits.js';
import { IncidentStatistics } from '../application/statistics/incident-statistics.js';
import { StoreHealth } from '../application/operations/store-health.js';
import { AccessKeyRepository } from '../domain/access/access-key-repository.js';
import { SessionRepository } from '../domain/access/session-repository.js';
import { Config } from '../config/config.js';
import { IncidentRepository } from '../domain/incident/incident-repository.js';
import { DiskTemporaryFiles } from './files/disk-temporary-files.js';
import { SharpImages } from './files/sharp-images.js';
import { FlexibleRateLimiter } from './redis/flexible-rate-limiter.js';
import { AttachmentMetrics } from './prometheus/attachment-metrics.js';
import { ClusterMetricsExporter } from './prometheus/cluster-metrics-exporter.js';
import { DatabaseMetrics } from './prometheus/database-metrics.js';
import { QuarantineMetrics } from './prometheus/quarantine-metrics.js';
import { PrometheusIntakeMetrics } from './prometheus/prometheus-intake-metrics.js';
import { IncidentMetrics } from './prometheus/incident-metrics.js';
import { createRegistry } from './prometheus/registry.js';
import { ProcessMetricsExporter } from './prometheus/process-metrics-exporter.js';
import { InboundLagMetrics } from './prometheus/inbound-lag-metrics.js';
import { FeedMetrics } from './prometheus/feed-metrics.js';
import { ReminderMetrics } from './prometheus/reminder-metrics.js';
import { PrometheusHeartbeatMetrics } from './prometheus/prometheus-heartbeat-metrics.js';
import { ObjectSweep } from './postgres/attachments/object-sweep.js';
import { PostgresAttachments } from './postgres/attachments/postgres-attachments.js';
import { PostgresAttentionPolicies } from './postgres/attention/postgres-attention-policies.js';
import { PostgresChangedPolicies } from './postgres/attention/postgres-changed-policies.js';
import { PostgresTimers } from './postgres/attention/postgres-timers.js';
import { Database } from './postgres/connection/database.js';
import { DatabaseClock } from './postgres/connection/database-clock.js';
import { ChannelRegistration } from './postgres/schema/channel-registration.js';
import { Retention } from './postgres/schema/retention.js';
import { DatabaseHealth } from './postgres/connection/database-health.js';
import { FeedPlacer } from './postgres/feed/feed-placer.js';
import { PostgresEventFeed } from './postgres/feed/postgres-event-feed.js';
import { PostgresFeedConsumers } from './postgres/feed/postgres-feed-consumers.js';
import { PostgresAccessKeys } from './postgres/access/postgres-access-keys.js';
import { PostgresUsedNonces } from './postgres/access/postgres-used-nonces.js';
import { SecretSealing } from './postgres/access/secret-sealing.js';
import { PostgresSessions } from './postgres/access/postgres-sessions.js';
import { PostgresAlertEpisodes } from './postgres/webhooks/postgres-alert-episodes.js';
import { PostgresReceivedNotifications } from './postgres/webhooks/postgres-received-notifications.js';
import { PostgresDueHeartbeats } from './postgres/heartbeat/postgres-due-heartbeats.js';
import { PostgresHeartbeats } from './postgres/heartbeat/postgres-heartbeats.js';
import { PostgresImports } from './postgres/imports/postgres-imports.js';
import { PostgresIncidentHistory } from './postgres/incidents/postgres-incident-history.js';
import { PostgresIncidentList } from './postgres/lists/postgres-incident-list.js';
import { PostgresSimilarIncidents } from './postgres/lists/postgres-similar-incidents.js';
import { SearchQueue } from './postgres/lists/search-queue.js';
import { PostgresIncidentRepository } from './postgres/incidents/postgres-incident-repository.js';
import { PostgresAccessKeyVerifier } from './postgres/access/postgres-access-key-verifier.js';
import { PostgresQuarantine } from './postgres/quarantine/postgres-quarantine.js';
import { PostgresIncidentStatistics } from './postgres/statistics/postgres-incident-statistics.js';
import { StatisticsFolder } from './postgres/statistics/statistics-folder.js';
import { ObjectStore } from './s3/object-store.js';

/** Which adapter serves which port. */
const ADAPTERS = [
  { provide: Clock, useClass: DatabaseClock },
  { provide: IncidentRepository, useClass: PostgresIncidentRepository },
  { provide: IncidentList, useClass: PostgresIncidentList },
  { provide: SimilarIncidents, useClass: PostgresSimilarIncidents },
  { provide: IncidentStatistics, useClass: PostgresIncidentStatistics },
  { provide: EventFeed, useClass: PostgresEventFeed },
  { provide: FeedConsumers, useExisting: PostgresFeedConsumers },
  { provide: Timers, useClass: PostgresTimers },
  { provide: AttentionPolicies, useClass: PostgresAttentionPolicies },
  { provide: ChangedPolicies, useClass: PostgresChangedPolicies },
  { provide: Heartbeats, useClass: PostgresHeartbeats },
  { provide: DueHeartbeats, useClass: PostgresDueHeartbeats },
  { provide: HeartbeatMetrics, useClass: PrometheusHeartbeatMetrics },
  { provide: IncidentHistory, useClass: PostgresIncidentHistory },
  { provide: AttachmentRepository, useClass: PostgresAttachments },
  { provide: ImportRepository, useClass: PostgresImports },
  { provide: Images, useClass: SharpImages },
  { provide: TemporaryFiles, useClass: DiskTemporaryFiles },
  { provide: AccessKeyRepository, useClass: PostgresAccessKeys },
  { provide: SessionRepository, useClass: PostgresSessions },
  { provide: Quarantine, useClass: PostgresQuarantine },
  { provide: ReceivedNotifications, useClass: PostgresReceivedNotifications },
  { provide: AlertEpisodes, useClass: PostgresAlertEpisodes },
  { provide: IntakeMetrics, useClass: PrometheusIntakeMetrics },
  { provide: AccessKeyVerifier, useClass: PostgresAccessKeyVerifier },
  { provide: UsedNonces, useClass: PostgresUsedNonces },
  {
    provide: RateLimiter,
    useFactory: (config: Config) => FlexibleRateLimiter.open(config),
    inject: [Config],
  },
  { provide: StoreHealth, useClass: DatabaseHealth },
  {
    provide: MetricsExporter,
    useFactory: (registry: Registry) =>
      cluster.isWorker ? new ClusterMetricsExporter(registry) : new ProcessMetricsExporter(registry),
    inject: [Registry],
  },
];

@Global()
@Module({})
export class InfrastructureModule {
  /**
   * The adapters on this DataSource. Nest destroys it during `onApplicationShutdown`: an adapter that still needs the
   * database at shutdown uses it in `beforeApplicationShutdown`.
   * @param overrides providers in place of adapters.
   */
  static on(dataSource: DataSource, overrides: readonly Provider[] = []): DynamicModule[] {
    const typeOrm = TypeOrmModule.forRootAsync({
      useFactory: () => ({ type: 'postgres', manualInitialization: true, toRetry: () => false }),
      dataSourceFactory: async () => dataSource,
    });
    const adapters = {
      module: InfrastructureModule,
      providers: [
        { provide: Registry, useFactory: createRegistry },
        Database,
        ChannelRegistration,
        IncidentMetrics,
        AttachmentMetrics,
        ObjectStore,
        ObjectSweep,
        DatabaseMetrics,
        FeedPlacer,
        SearchQueue,
        SecretSealing,
        PostgresFeedConsumers,
        StatisticsFolder,
        FeedMetrics,
        InboundLagMetrics,
        QuarantineMetrics,
        ReminderMetrics,
        Retention,
        ...ADAPTERS,
        ...overrides,
      ],
      exports: [Registry, Database, ...ADAPTERS.map(({ provide }) => provide)],
    };
    return [typeOrm, adapters];
  }
}
