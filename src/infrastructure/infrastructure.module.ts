import cluster from 'node:cluster';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { AlertEpisodes } from '../application/ports/alert-episodes.js';
import { Clock } from '../application/ports/clock.js';
import { Deliveries } from '../application/ports/deliveries.js';
import { IntakeMetrics } from '../application/ports/intake-metrics.js';
import { KeyRing } from '../application/ports/key-ring.js';
import { IncidentHistory } from '../application/ports/incident-history.js';
import { IncidentList } from '../application/ports/incident-list.js';
import { MetricsPage } from '../application/ports/metrics-page.js';
import { Quarantine } from '../application/ports/quarantine.js';
import { RateLimits } from '../application/ports/rate-limits.js';
import { RegisterHealth } from '../application/ports/register-health.js';
import { AccessKeyRepository } from '../domain/access/access-key-repository.js';
import { Config } from '../config/config.js';
import { DomainModule } from '../domain/domain.module.js';
import { IncidentRepository } from '../domain/incident/incident-repository.js';
import { LibraryRateLimits } from './limits/library-rate-limits.js';
import { ClusterMetricsPage } from './metrics/cluster-metrics-page.js';
import { DatabaseMetrics } from './metrics/database-metrics.js';
import { QuarantineMetrics } from './metrics/quarantine-metrics.js';
import { RegistryIntakeMetrics } from './metrics/registry-intake-metrics.js';
import { RegisterMetrics } from './metrics/register-metrics.js';
import { createRegistry } from './metrics/registry.js';
import { RegistryMetricsPage } from './metrics/registry-metrics-page.js';
import { InboundLagMetrics } from './metrics/inbound-lag-metrics.js';
import { OutboxMetrics } from './metrics/outbox-metrics.js';
import { Database } from './persistence/database.js';
import { DatabaseHealth } from './persistence/database-health.js';
import { EventOutbox } from './persistence/event-outbox.js';
import { IdempotencyRetention } from './persistence/idempotency-retention.js';
import { PostgresAccessKeys } from './persistence/postgres-access-keys.js';
import { PostgresAlertEpisodes } from './persistence/postgres-alert-episodes.js';
import { PostgresDeliveries } from './persistence/postgres-deliveries.js';
import { PostgresIncidentHistory } from './persistence/postgres-incident-history.js';
import { PostgresIncidentList } from './persistence/postgres-incident-list.js';
import { PostgresIncidentRepository } from './persistence/postgres-incident-repository.js';
import { PostgresKeyRing } from './persistence/postgres-key-ring.js';
import { QuarantineRetention } from './persistence/quarantine-retention.js';
import { PostgresQuarantine } from './persistence/postgres-quarantine.js';
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
