import { Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { INCIDENT_SOURCES } from '../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES } from '../../domain/incident/incident-status.js';
import { Database } from '../postgres/connection/database.js';
import { skipUnavailable } from './skip-unavailable.js';

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

/** The incidents in the register and the use of the connection pool, queried at each scrape. */
@Injectable()
export class DatabaseMetrics {
  constructor(registry: Registry, database: Database) {
    const gauge = <Label extends string>(
      name: string,
      help: string,
      labelNames: Label[],
      collect: (gauge: Gauge<Label>) => void | Promise<void>,
      aggregator: 'sum' | 'max' = 'sum',
    ) =>
      new Gauge({
        name,
        help,
        labelNames,
        aggregator,
        registers: [registry],
        collect() {
          return collect(this);
        },
      });

    // Before the gauges that query: their own queries would count as waiting.
    gauge('database_pool_connections', 'Connections to the database by state.', ['state'], (gauge) => {
      gauge.set({ state: 'idle' }, database.pool.idleCount);
      gauge.set({ state: 'busy' }, database.pool.totalCount - database.pool.idleCount);
    });
    gauge('database_pool_waiting', 'Requests that wait for a connection.', [], (gauge) =>
      gauge.set(database.pool.waitingCount),
    );
    // Every process reads the same from the database.
    gauge(
      'incidents_current',
      'Incidents in the register.',
      ['status', 'source'],
      async (gauge) => {
        gauge.reset();
        const rows = await skipUnavailable(() => database.query<CountRow>(COUNTS));
        if (!rows) return;
        for (const status of INCIDENT_STATUSES) {
          for (const source of INCIDENT_SOURCES) gauge.set({ status, source }, 0);
        }
        for (const { count, ...labels } of rows) gauge.set(labels, count);
      },
      'max',
    );
    gauge(
      'incidents_oldest_new_age_seconds',
      'Age of the oldest NEW incident; 0 without one.',
      [],
      async (gauge) => {
        gauge.remove();
        const rows = await skipUnavailable(() => database.query<{ age: number }>(OLDEST_NEW));
        if (rows) gauge.set(Math.max(rows[0]!.age, 0));
      },
      'max',
    );
  }
}
