import { Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { INCIDENT_SOURCES } from '../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES } from '../../domain/incident/incident-status.js';
import { Database } from '../postgres/connection/database.js';
import { registerStoreGauges } from './store-gauges.js';

export const COUNTS =
  'SELECT status, source, sum(count)::bigint AS count FROM incident_counts GROUP BY status, source';
export const OLDEST_NEW = `
  SELECT coalesce(extract(epoch FROM now() - min(oldest.created_at)), 0)::float8 AS age
  FROM unnest(enum_range(NULL::incident_source)) AS source,
    LATERAL (SELECT created_at FROM incidents WHERE status = 'NEW' AND incidents.source = source ORDER BY created_at LIMIT 1)
      AS oldest`;

interface CountRow {
  readonly status: string;
  readonly source: string;
  readonly count: number;
}

const INCIDENTS = {
  name: 'incidents_current',
  help: 'Incidents in the register.',
  labelNames: ['status', 'source'],
};

const AGE = {
  name: 'incidents_oldest_new_age_seconds',
  help: 'Age of the oldest NEW incident; 0 without one.',
};

/** The incidents in the register and the use of the connection pool. */
@Injectable()
export class DatabaseMetrics {
  constructor(registry: Registry, database: Database) {
    // Before the gauges that query: their own queries would count as waiting.
    registerPoolGauges(registry, database);
    registerStoreGauges(registry, { incidents: INCIDENTS }, async ({ incidents }) => {
      const rows = await database.query<CountRow>(COUNTS);
      for (const status of INCIDENT_STATUSES) {
        for (const source of INCIDENT_SOURCES) incidents.set({ status, source }, 0);
      }
      for (const { count, ...labels } of rows) incidents.set(labels, count);
    });
    registerStoreGauges(registry, { age: AGE }, async ({ age }) => {
      const rows = await database.query<{ age: number }>(OLDEST_NEW);
      age.set(Math.max(rows[0]!.age, 0));
    });
  }
}

function registerPoolGauges(registry: Registry, database: Database): void {
  void new Gauge({
    name: 'database_pool_connections',
    help: 'Connections to the database by state.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'idle' }, database.pool.idleCount);
      this.set({ state: 'busy' }, database.pool.totalCount - database.pool.idleCount);
    },
  });
  void new Gauge({
    name: 'database_pool_waiting',
    help: 'Requests that wait for a connection.',
    registers: [registry],
    collect() {
      this.set(database.pool.waitingCount);
    },
  });
}
