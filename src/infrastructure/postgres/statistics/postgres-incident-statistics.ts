import { Injectable } from '@nestjs/common';
import {
  IncidentStatistics,
  MAX_GROUPS,
  type StatisticsPage,
  type StatisticsQuery,
} from '../../../application/statistics/incident-statistics.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import type { Workload } from '../../../domain/access/workload.js';
import {
  type Durations,
  type GroupStatistics,
  percentilesOf,
} from '../../../domain/statistics/statistics.js';
import { SingleFlight } from '../batching/single-flight.js';
import { LIMITS_MS } from '../connection/connection.js';
import { isStatementTimeout } from '../connection/database-errors.js';
import { Database } from '../connection/database.js';
import { type MeasureName, readStatistics, type StatisticsRow } from './statistics-statements.js';

/** The number of connections for statistics, and of concurrent statements. */
const MAX_CONNECTIONS = 1;
/** The time limit of a statement, in milliseconds. */
const BUDGET_MS = 1_000;
/** The time after its own timeout in which the server must end a statement, in milliseconds; then the connection is closed. */
const GRACE_MS = 500;

/** Statistics from the tables that triggers and `StatisticsFolder` maintain. They have a separate pool, so they delay only each other. */
@Injectable()
export class PostgresIncidentStatistics extends IncidentStatistics {
  private readonly reads = new SingleFlight<StatisticsPage>({
    maxInFlight: MAX_CONNECTIONS,
    maxQueued: 200,
    timeoutMs: LIMITS_MS.total,
  });
  private readonly database: Database;

  constructor(database: Database) {
    super();
    this.database = database.separate(MAX_CONNECTIONS);
  }

  read(query: StatisticsQuery, workload?: Workload): Promise<StatisticsPage> {
    const key = JSON.stringify([query.from, query.to, query.by]);
    return this.reads.submit(key, (deadline) => this.readNow(query, deadline), workload);
  }

  private async readNow(query: StatisticsQuery, latest: number): Promise<StatisticsPage> {
    const timeoutMs = Math.min(BUDGET_MS, latest - GRACE_MS - performance.now());
    if (timeoutMs <= 0) {
      throw new StoreUnavailable({ cause: new Error('the statistics waited too long in the queue') });
    }
    const rows = await this.rowsOf(query, timeoutMs);
    return { groups: rows.slice(0, MAX_GROUPS).map(toGroup), hasMore: rows.length > MAX_GROUPS };
  }

  private async rowsOf(query: StatisticsQuery, timeoutMs: number): Promise<StatisticsRow[]> {
    const deadline = performance.now() + timeoutMs + GRACE_MS;
    try {
      return await this.database.query<StatisticsRow>(readStatistics(query, timeoutMs), [], deadline);
    } catch (error) {
      throw isStatementTimeout(error) ? new StoreUnavailable({ cause: error }) : error;
    }
  }
}

function toGroup(row: StatisticsRow): GroupStatistics {
  const { key, never_taken: neverTaken, ...counts } = row;
  return {
    key: key === '' ? undefined : key,
    reported: counts.reported,
    taken: counts.taken,
    resolved: counts.resolved,
    closed: counts.closed,
    reopened: counts.reopened,
    urgent: counts.urgent,
    open: counts.open,
    untaken: counts.untaken,
    timeToTake: percentilesOf(durationsIn(row, 'take', neverTaken)),
    timeToResolve: percentilesOf(durationsIn(row, 'resolve', counts.open)),
  };
}

function durationsIn(row: StatisticsRow, measure: MeasureName, censored: number): Durations {
  const counts = row[`${measure}_counts`] ?? [];
  const buckets = counts.map((count, bucket) => ({ bucket, count: count ?? 0 }));
  return { buckets: buckets.filter(({ count }) => count > 0), censored };
}
