import { Injectable } from '@nestjs/common';
import {
  IncidentList,
  MAX_COUNTED,
  type IncidentPage,
  type IncidentQuery,
} from '../../application/ports/incident-list.js';
import { LIMITS } from './connection.js';
import { Database } from './database.js';
import { type ListStatement, listStatement } from './incident-list-statement.js';
import { toIncident } from './incident.mapper.js';
import type { IncidentRow } from './incident.row.js';
import { SharedReads } from './shared-reads.js';

/** Of so many forms of lists the plans are kept, in each connection. */
const MAX_PREPARED = 100;

type PageRow = { total: number } & (IncidentRow | { id: null });

@Injectable()
export class PostgresIncidentList extends IncidentList {
  private readonly reads = new SharedReads<IncidentPage>({
    maxInFlight: 4,
    maxQueued: 10_000,
    patience: LIMITS.total,
  });
  private readonly names = new Map<string, string>();

  constructor(private readonly database: Database) {
    super();
  }

  page(query: IncidentQuery): Promise<IncidentPage> {
    const statement = listStatement(query);
    const key = JSON.stringify([statement.text, statement.values]);
    return this.reads.submit(key, (deadline) => this.read(query, statement, deadline));
  }

  private async read(
    query: IncidentQuery,
    statement: ListStatement,
    deadline: number,
  ): Promise<IncidentPage> {
    const { text, values, isReusable } = statement;
    const name = isReusable ? this.nameOf(text) : undefined;
    const rows = await this.database.query<PageRow>(name ? { name, text } : text, values, deadline);
    const found = rows.filter((row) => row.id !== null).map(toIncident);
    const incidents = found.slice(0, query.limit);
    const more = found.length > query.limit;
    const backwards = 'before' in query.start;
    const { createdFrom, createdTo, text: searched, dedupKey } = query;
    const isCounted = createdFrom ?? createdTo ?? searched ?? dedupKey;
    const counted = isCounted === undefined ? Infinity : MAX_COUNTED;
    const { total } = rows[0]!;
    return {
      incidents: backwards ? incidents.toReversed() : incidents,
      hasPrevious: backwards ? more : !('offset' in query.start) || query.start.offset > 0,
      hasNext: backwards || more,
      total: Math.min(total, counted),
      totalIsExact: total <= counted,
    };
  }

  /** The name under which a list of this form is prepared; undefined past the bound. */
  private nameOf(text: string): string | undefined {
    const known = this.names.get(text);
    if (known || this.names.size >= MAX_PREPARED) return known;
    const name = `list-${this.names.size + 1}`;
    this.names.set(text, name);
    return name;
  }
}
