import cluster from 'node:cluster';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { AlertEpisodes } from '../application/intake/alert-episodes.js';
import { Clock } from '../application/operations/clock.js';
import { Deliveries } from '../application/intake/received-notifications.js';
import { IntakeMetrics } from '../application/intake/intake-metrics.js';
import { KeyRing } from '../application/access/access-key-verifier.js';
import { IncidentHistory } from '../application/incident/incident-history.js';
import { IncidentList } from '../application/incident/incident-list.js';
import { MetricsPage } from '../application/operations/metrics-exporter.js';
import { Quarantine } from '../application/quarantine/quarantine.js';
import { RateLimits } from '../application/access/rate-limits.js';
import { RegisterHealth } from '../application/operations/store-health.js';
import { AccessKeyRepository } from '../domain/access/access-key-repository.js';
import { Config } from '../config/config.js';
import { DomainModule } from '../domain/domain.module.js';
import { IncidentRepository } from '../domain/incident/incident-repository.js';
import { LibraryRateLimits } from './redis/flexible-rate-limiter.js';
import { ClusterMetricsPage } from './prometheus/cluster-metrics-exporter.js';
import { DatabaseMetrics } from './prometheus/database-metrics.js';
import { QuarantineMetrics } from './prometheus/quarantine-metrics.js';
import { RegistryIntakeMetrics } from './prometheus/prometheus-intake-metrics.js';
import { RegisterMetrics } from './prometheus/incident-metrics.js';
import { createRegistry } from './prometheus/registry.js';
import { RegistryMetricsPage } from './prometheus/process-metrics-exporter.js';
import { InboundLagMetrics } from './prometheus/inbound-lag-metrics.js';
import { OutboxMetrics } from './prometheus/outbox-metrics.js';
import { Database } from './postgres/connection/database.js';
import { DatabaseHealth } from './postgres/connection/database-health.js';
import { EventOutbox } from './postgres/feed/event-outbox.js';
import { IdempotencyRetention } from './postgres/idempotency/idempotency-retention.js';
import { PostgresAccessKeys } from './postgres/access/postgres-access-keys.js';
import { PostgresAlertEpisodes } from './postgres/webhooks/postgres-alert-episodes.js';
import { PostgresDeliveries } from './postgres/webhooks/postgres-received-notifications.js';
import { PostgresIncidentHistory } from './postgres/incidents/postgres-incident-history.js';
import { PostgresIncidentList } from './postgres/lists/postgres-incident-list.js';
import { PostgresIncidentRepository } from './postgres/incidents/postgres-incident-repository.js';
import { PostgresKeyRing } from './postgres/access/postgres-access-key-verifier.js';
import { QuarantineRetention } from './postgres/quarantine/quarantine-retention.js';
import { PostgresQuarantine } from './postgres/quarantine/postgres-quarantine.js';
import { SystemClock } from './system-clock.js';

/** Which adapter serves which port: said here, and nowhere else. */
const ADAPTERS = [
  { provide: Clock, useClass: SystemClock },
  { provide: IncidentRepository, useClass: PostgresIncidentRepository },
  { provide: IncidentList, useClass: PostgresIncidentList },
  { provide: IncidentHistory, useClass: PostgresIncidentHistory },
  { provide: AccessKeyRepository, useClass: PostgresAccessKeys },
  { provide: Quarantine, useClass: PostgresQuarantine },
  { provide: Deliveries, useClass: PostgresDeliveries },
  { provide: AlertEpisodes, useClass: PostgresAlertEpisodes },
  { provide: IntakeMetrics, useClass: RegistryIntakeMetrics },
  { provide: KeyRing, useClass: PostgresKeyRing },
  {
    provide: RateLimits,
    useFactory: (config: Config) => LibraryRateLimits.open(config),
    inject: [Config],
  },
  { provide: RegisterHealth, useClass: DatabaseHealth },
  {
    provide: MetricsPage,
    useFactory: (registry: Registry) =>
      cluster.isWorker ? new ClusterMetricsPage(registry) : new RegistryMetricsPage(registry),
    inject: [Registry],
  },
];

@Global()
@Module({})
export class InfrastructureModule {
  static on(dataSource: DataSource): DynamicModule {
    return {
      module: InfrastructureModule,
      imports: [DomainModule],
      providers: [
        { provide: DataSource, useValue: dataSource },
        { provide: Registry, useFactory: createRegistry },
        Database,
        RegisterMetrics,
        DatabaseMetrics,
        EventOutbox,
        OutboxMetrics,
        InboundLagMetrics,
        IdempotencyRetention,
        QuarantineMetrics,
        QuarantineRetention,
        ...ADAPTERS,
      ],
      exports: [Registry, Database, EventOutbox, ...ADAPTERS.map(({ provide }) => provide)],
    };
  }
}
