import { Registry } from 'prom-client';
import type { IncidentHistory } from '../../src/application/incident/incident-history.js';
import type { IncidentList } from '../../src/application/incident/incident-list.js';
import type { SimilarIncidents } from '../../src/application/incident/similar-incidents.js';
import type { IncidentRepository } from '../../src/domain/incident/incident-repository.js';
import { IncidentMetrics } from '../../src/infrastructure/prometheus/incident-metrics.js';
import { requestDataSource } from '../../src/infrastructure/postgres/schema/data-source.js';
import { Database } from '../../src/infrastructure/postgres/connection/database.js';
import { PostgresIncidentHistory } from '../../src/infrastructure/postgres/incidents/postgres-incident-history.js';
import { PostgresIncidentList } from '../../src/infrastructure/postgres/lists/postgres-incident-list.js';
import { PostgresSimilarIncidents } from '../../src/infrastructure/postgres/lists/postgres-similar-incidents.js';
import { SearchQueue } from '../../src/infrastructure/postgres/lists/search-queue.js';
import { PostgresIncidentRepository } from '../../src/infrastructure/postgres/incidents/postgres-incident-repository.js';
import { SystemClock } from '../../src/infrastructure/system-clock.js';
import { aDatabase } from './databases.js';
import { InMemoryIncidents } from './in-memory-incidents.js';

/** The ports for incidents over one store. */
export interface IncidentStore {
  readonly repository: IncidentRepository;
  readonly list: IncidentList;
  readonly history: IncidentHistory;
  readonly similar: SimilarIncidents;
  close(): Promise<void>;
}

async function inMemory(): Promise<IncidentStore> {
  const { repository, list, history, similar } = new InMemoryIncidents();
  return { repository, list, history, similar, close: async () => {} };
}

async function onPostgres(): Promise<IncidentStore> {
  const testDatabase = await aDatabase();
  const dataSource = await requestDataSource(testDatabase.service, 10).initialize();
  const database = new Database(dataSource);
  const searches = new SearchQueue(database);
  return {
    repository: new PostgresIncidentRepository(database, new IncidentMetrics(new Registry())),
    list: new PostgresIncidentList(database, new SystemClock(), searches),
    history: new PostgresIncidentHistory(database),
    similar: new PostgresSimilarIncidents(searches),
    close: async () => {
      await dataSource.destroy();
      await testDatabase.drop();
    },
  };
}

/** The fake and PostgreSQL: the same contract tests run against both, so that the fake stays faithful. */
export const INCIDENT_STORES = [
  { name: 'in memory', open: inMemory },
  { name: 'on PostgreSQL', open: onPostgres },
];
