import { Injectable } from '@nestjs/common';
import {
  IncidentList,
  MAX_COUNTED,
  type IncidentPage,
  type IncidentQuery,
} from '../../../application/incident/incident-list.js';
import { Clock } from '../../../application/operations/clock.js';
import type { Workload } from '../../../domain/access/workload.js';
import { LIMITS_MS } from '../connection/connection.js';
import { Database } from '../connection/database.js';
import { isStatementTimeout } from '../connection/database-errors.js';
import { prepared, type Statement } from '../connection/statement.js';
import { listStatement } from './incident-list-statement.js';
import { isCountedByScan } from './list-conditions.js';
import { type PageIncidentRow, shownOf, toIncident } from '../incidents/incident.mapper.js';
import { nextStart } from './late-reports.js';
import { PostgresIncidentSearch } from './postgres-incident-search.js';
import { SearchQueue } from './search-queue.js';
import { SingleFlight } from '../batching/single-flight.js';

/** The maximum number of prepared lists, on each connection. */
const MAX_PREPARED = 100;

type Row = { total: number; snapshot: string | null } & (PageIncidentRow | { id: null });

@Injectable()
export class PostgresIncidentList extends IncidentList {
  private readonly reads = new SingleFlight<IncidentPage | undefined>({
    maxInFlight: 4,
    maxQueued: 10_000,
    timeoutMs: LIMITS_MS.total,
  });
  private readonly prepared = new Map<string, Statement>();
  private readonly search: PostgresIncidentSearch;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    searches: SearchQueue,
  ) {
    super();
    this.search = new PostgresIncidentSearch(searches);
  }

  async page(query: IncidentQuery, workload?: Workload): Promise<IncidentPage> {
    const read = (deadline: number) => this.read(query, deadline);
    const page =
      query.text === undefined ? await this.reads.submit(JSON.stringify(query), read, workload) : undefined;
    return page ?? this.search.page(query, workload);
  }

  /** Undefined after a timeout: no index has all of the filters together. */
  private async read(query: IncidentQuery, deadline: number): Promise<IncidentPage | undefined> {
    const { settings, text, values } = listStatement(query);
    const statement = settings ? { settings, text } : (this.prepared.get(text) ?? this.prepare(text));
    const rows = await this.database.query<Row>(statement, values, deadline).catch((error: unknown) => {
      if (settings && isStatementTimeout(error)) return undefined;
      throw error;
    });
    if (!rows) return undefined;
    const read = rows.filter((row) => row.id !== null);
    const limit = shownOf(read, query.limit);
    const found = read.map(toIncident);
    const incidents = found.slice(0, limit);
    const backwards = 'before' in query.start;
    if (backwards) incidents.reverse();
    const hasPrevious = backwards
      ? found.length > limit
      : !('offset' in query.start) || query.start.offset > 0;
    const counted = isCountedByScan(query) ? MAX_COUNTED : Infinity;
    const { total } = rows[0]!;
    const snapshot = rows.find((row) => row.snapshot !== null)?.snapshot ?? undefined;
    return {
      incidents,
      previous: hasPrevious && incidents[0] ? { before: incidents[0] } : undefined,
      next: nextStart({ ...query, limit }, found, snapshot, this.clock.now()),
      total: Math.min(total, counted),
      totalIsExact: total <= counted,
    };
  }

  /** The statement with this text, or the text alone beyond the bound. */
  private prepare(text: string): Statement | string {
    if (this.prepared.size >= MAX_PREPARED) return text;
    const statement = prepared(text);
    this.prepared.set(text, statement);
    return statement;
  }
}
