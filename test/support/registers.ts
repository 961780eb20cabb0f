import { Registry } from 'prom-client';
import type { IncidentHistory } from '../../src/application/incident/incident-history.js';
import type { IncidentList } from '../../src/application/incident/incident-list.js';
import type { IncidentRepository } from '../../src/domain/incident/incident-repository.js';
import { IncidentMetrics } from '../../src/infrastructure/prometheus/incident-metrics.js';
import { requestDataSource } from '../../src/infrastructure/postgres/schema/data-source.js';
import { Database } from '../../src/infrastructure/postgres/connection/database.js';
import { PostgresIncidentHistory } from '../../src/infrastructure/postgres/incidents/postgres-incident-history.js';
import { PostgresIncidentList } from '../../src/infrastructure/postgres/lists/postgres-incident-list.js';
import { PostgresIncidentRepository } from '../../src/infrastructure/postgres/incidents/postgres-incident-repository.js';
import { aDatabase } from './databases.js';
import { InMemoryRegister } from './in-memory-incidents.js';

/** All the ports of the register over one store. */
export interface Register {
  readonly repository: IncidentRepository;
  readonly list: IncidentList;
  readonly history: IncidentHistory;
  close(): Promise<void>;
}

async function inMemory(): Promise<Register> {
  const { repository, list, history } = new InMemoryRegister();
  return { repository, list, history, close: async () => {} };
}

async function onPostgres(): Promise<Register> {
  const testDatabase = await aDatabase();
  const dataSource = await requestDataSource(testDatabase.service, 10).initialize();
  const database = new Database(dataSource);
  return {
    repository: new PostgresIncidentRepository(database, new IncidentMetrics(new Registry())),
    list: new PostgresIncidentList(database),
    history: new PostgresIncidentHistory(database),
    close: async () => {
      await dataSource.destroy();
      await testDatabase.drop();
    },
  };
}

/** The fake and the real one: a contract holds for both, so that the fake cannot lie. */
export const REGISTERS = [
  { name: 'in memory', open: inMemory },
  { name: 'on PostgreSQL', open: onPostgres },
];
