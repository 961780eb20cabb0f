import type { IncidentPage, Position } from '../../../application/incident/incident-list.js';
import { MAX_COUNTED } from '../../../application/incident/incident-list.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import type { Workload } from '../../../domain/access/workload.js';
import { LIMITS_MS } from '../connection/connection.js';
import { isStatementTimeout } from '../connection/database-errors.js';
import type { Database } from '../connection/database.js';
import type { SetUpStatement } from '../connection/statement.js';
import { hitsByIndex, hitsByScan, isIndexed, type SearchQuery } from './incident-search-statements.js';
import { PAGE_BY_IDS } from '../incidents/incident-statements.js';
import { type PageIncidentRow, shownOf, toIncident } from '../incidents/incident.mapper.js';
import { SingleFlight } from '../batching/single-flight.js';

/** The number of connections for searches, and of concurrent searches. */
const MAX_CONNECTIONS = 2;

/** The time limit of a search once it has started, in milliseconds. */
const BUDGET_MS = 800;
/** The part of it for the first scan, of the start of the list. */
const FIRST_BUDGET_MS = 200;
/** The part of it for the index; the rest is for scanning on in the order of the list. */
const INDEX_BUDGET_MS = 400;
/** The time after its own timeout in which the server must end a statement, in milliseconds; then the connection is closed. */
const GRACE_MS = 500;
/** The minimum time left for a further statement. */
const MIN_STATEMENT_MS = 20;

/** The number of incidents that the first scan reads: enough if hits are frequent, or if there are few incidents. */
const FIRST_SCAN_ROWS = 500;
const MAX_SCAN_ROWS = 20_000;
/** After a timeout, a hundredth of the rows is tried: a description can be a thousand times as long as most are. */
const SHRINK_FACTOR = 100;

type HitRow = { readonly id: number; readonly created_at: Date };
type Row<Extra> = Extra & (HitRow | { id: null });
type IndexRow = Row<{ total: number; isKnown: boolean; isOver: boolean }>;
type ReadRow = Row<{ edgeAt: Date | null; edgeId: number | null }>;

/** The hits by the index: those on the page, or none if there are too many. */
interface Indexed {
  readonly hits: readonly Position[];
  readonly total: number;
  readonly isOver: boolean;
}

/**
 * Searches descriptions within a time limit. Frequent hits are found by scanning the list in its order, rare ones by the index.
 * Searches have a separate pool, so that they delay only each other.
 */
export class PostgresIncidentSearch {
  private readonly reads = new SingleFlight<IncidentPage>({
    maxInFlight: MAX_CONNECTIONS,
    maxQueued: 200,
    timeoutMs: LIMITS_MS.total,
  });

  private readonly database: Database;

  constructor(database: Database) {
    this.database = database.separate(MAX_CONNECTIONS);
  }

  page(query: SearchQuery, workload?: Workload): Promise<IncidentPage> {
    const read = (latest: number) => new Search(this.database, query, latest).run();
    return this.reads.submit(JSON.stringify(query), read, workload);
  }
}

/** One search, with the hits of its scans in the order in which the list is scanned. */
class Search {
  private readonly startedAt = performance.now();
  private readonly deadline: number;
  private readonly offset: number;
  /** The number of hits for a full page and the knowledge of whether there are more. */
  private readonly needed: number;
  private readonly hits: Position[] = [];
  /** The position of the last scanned incident; undefined before the first scan and at the end of the list. */
  private edge: Position | undefined;
  private hasScanned = false;

  /** @param latest the deadline of the request, of `performance.now()`. */
  constructor(
    private readonly database: Database,
    private readonly query: SearchQuery,
    latest: number,
  ) {
    this.deadline = Math.min(this.startedAt + BUDGET_MS, latest - GRACE_MS);
    this.offset = 'offset' in query.start ? query.start.offset : 0;
    this.needed = this.offset + query.limit + 1;
  }

  async run(): Promise<IncidentPage> {
    if (this.deadline - this.startedAt < MIN_STATEMENT_MS) {
      throw new StoreUnavailable({ cause: new Error('the search waited too long in the queue') });
    }
    await this.scan(FIRST_SCAN_ROWS, Math.min(this.deadline, this.startedAt + FIRST_BUDGET_MS));
    if ('offset' in this.query.start && this.isAtEnd && this.hits.length < this.needed) {
      return this.show(this.hits, this.offset, { total: this.hits.length, totalIsExact: true });
    }
    const indexed = await this.findByIndex();
    if (indexed && !indexed.isOver) {
      this.edge = undefined;
      return this.show(indexed.hits, 0, { total: indexed.total, totalIsExact: true });
    }
    await this.scanOn();
    if (!this.hasScanned) {
      throw new StoreUnavailable({ cause: new Error('the search timed out before it read anything') });
    }
    const total = Math.min(Math.max(indexed?.total ?? 0, this.hits.length), MAX_COUNTED);
    return this.show(this.hits, this.offset, { total, totalIsExact: false });
  }

  private get isAtEnd(): boolean {
    return this.hasScanned && !this.edge;
  }

  /** Scans on until the page is full, the list ends or the time is over. */
  private async scanOn(): Promise<void> {
    let scanRows = this.hasScanned ? 2 * FIRST_SCAN_ROWS : FIRST_SCAN_ROWS / SHRINK_FACTOR;
    while (this.hits.length < this.needed && !this.isAtEnd) {
      const now = performance.now();
      // A scan that times out leaves time for a smaller one.
      const isDone = await this.scan(scanRows, now + (this.deadline - now) / 2);
      if (isDone) scanRows = Math.min(scanRows * 2, MAX_SCAN_ROWS);
      else if (scanRows > 1) scanRows = Math.ceil(scanRows / SHRINK_FACTOR);
      else return;
    }
  }

  /** Scans a further part of the list. @returns false after a timeout, when nothing was read. */
  private async scan(scanRows: number, deadline: number): Promise<boolean> {
    const { query, edge } = this;
    const start = edge ? ('before' in query.start ? { before: edge } : { after: edge }) : query.start;
    const left = this.needed - this.hits.length;
    const rows = await this.withinTime<ReadRow>(deadline, (timeoutMs) =>
      hitsByScan({ ...query, start }, scanRows, left, timeoutMs),
    );
    if (!rows) return false;
    const { edgeAt, edgeId } = rows[0]!;
    this.edge = edgeAt && edgeId !== null ? { createdAt: edgeAt, id: edgeId } : undefined;
    this.hasScanned = true;
    this.hits.push(...hitsIn(rows));
    return true;
  }

  /** Undefined if the index cannot know the text, or after a timeout. */
  private async findByIndex(): Promise<Indexed | undefined> {
    if (!isIndexed(this.query.text)) return undefined;
    const deadline = Math.min(this.deadline, performance.now() + INDEX_BUDGET_MS);
    const rows = await this.withinTime<IndexRow>(deadline, (timeoutMs) => hitsByIndex(this.query, timeoutMs));
    if (!rows?.[0]!.isKnown) return undefined;
    const [{ total, isOver }] = rows as [IndexRow];
    return { hits: hitsIn(rows), total, isOver };
  }

  /** The page of these hits. @param skipped the number of hits before the page. */
  private async show(
    hits: readonly Position[],
    skipped: number,
    total: Pick<IncidentPage, 'total' | 'totalIsExact'>,
  ): Promise<IncidentPage> {
    const { start, limit } = this.query;
    const ids = hits.slice(skipped, skipped + limit).map(({ id }) => id);
    const rows =
      ids.length === 0
        ? []
        : await this.database.query<PageIncidentRow>(PAGE_BY_IDS, [ids], this.deadline + GRACE_MS);
    const shown = rows.slice(0, shownOf(rows, limit)).map(toIncident);
    const hasMore = shown.length < rows.length || hits.length > skipped + limit;
    // After a page that is not full, the next page continues where the scan stopped.
    const onward = hasMore ? shown.at(-1) : this.edge;
    const first = shown[0];
    const backwards = 'before' in start;
    const isLater = 'after' in start || ('offset' in start && start.offset > 0);
    return {
      incidents: backwards ? shown.toReversed() : shown,
      previous: backwards ? onward && { before: onward } : isLater && first ? { before: first } : undefined,
      next: backwards ? first && { after: first } : onward && { after: onward },
      ...total,
    };
  }

  /** The rows of a statement; undefined after a timeout. */
  private async withinTime<Result extends object>(
    deadline: number,
    statement: (timeoutMs: number) => SetUpStatement,
  ): Promise<Result[] | undefined> {
    const timeoutMs = deadline - performance.now();
    if (timeoutMs < MIN_STATEMENT_MS) return undefined;
    try {
      return await this.database.query<Result>(statement(timeoutMs), [], deadline + GRACE_MS);
    } catch (error) {
      if (isStatementTimeout(error)) return undefined;
      throw error;
    }
  }
}

function hitsIn<Extra>(rows: readonly Row<Extra>[]): Position[] {
  return rows
    .filter((row): row is Extra & HitRow => row.id !== null)
    .map((row) => ({ id: row.id, createdAt: row.created_at }));
}
