import type { IncidentPage, Position } from '../../../application/incident/incident-list.js';
import { MAX_COUNTED } from '../../../application/incident/incident-list.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import type { Workload } from '../../../domain/access/workload.js';
import { LIMITS_MS } from '../connection/connection.js';
import { isStatementTimeout } from '../connection/database-errors.js';
import type { Database, SeparateDatabase } from '../connection/database.js';
import type { ListStatement } from './incident-list-statement.js';
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

/** Hits in the order in which the list is scanned. */
interface Found {
  readonly hits: readonly Position[];
  /** The position of the last scanned incident; undefined at the end of the list. */
  readonly edge: Position | undefined;
  /** The number of hits before the page. */
  readonly skipped: number;
}

/** The hits of the scans so far. */
interface Progress extends Found {
  readonly hits: Position[];
  edge: Position | undefined;
  isBegun: boolean;
}

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

  private readonly database: SeparateDatabase;

  constructor(database: Database) {
    this.database = database.separate(MAX_CONNECTIONS);
  }

  /** Closes the separate pool. */
  async end(): Promise<void> {
    await this.database.end();
  }

  page(query: SearchQuery, workload?: Workload): Promise<IncidentPage> {
    return this.reads.submit(JSON.stringify(query), (deadline) => this.search(query, deadline), workload);
  }

  private async search(query: SearchQuery, latest: number): Promise<IncidentPage> {
    const now = performance.now();
    const deadline = Math.min(now + BUDGET_MS, latest - GRACE_MS);
    if (deadline - now < MIN_STATEMENT_MS) {
      throw new StoreUnavailable({ cause: new Error('the search waited too long in the queue') });
    }
    const offset = 'offset' in query.start ? query.start.offset : 0;
    const progress: Progress = { hits: [], edge: undefined, isBegun: false, skipped: offset };
    const wanted = offset + query.limit + 1;
    await this.scan(query, progress, FIRST_SCAN_ROWS, wanted, Math.min(deadline, now + FIRST_BUDGET_MS));
    const isFirst = 'offset' in query.start;
    if (isFirst && isAtEnd(progress) && progress.hits.length < wanted) {
      return this.show(query, progress, { total: progress.hits.length, totalIsExact: true }, deadline);
    }
    const indexed = await this.byIndex(query, Math.min(deadline, performance.now() + INDEX_BUDGET_MS));
    if (indexed && !indexed.isOver) {
      const found = { hits: indexed.hits, edge: undefined, skipped: 0 };
      return this.show(query, found, { total: indexed.total, totalIsExact: true }, deadline);
    }
    await this.scanOn(query, progress, wanted, deadline);
    if (!progress.isBegun)
      throw new StoreUnavailable({ cause: new Error('the search timed out before it read anything') });
    const total = Math.min(Math.max(indexed?.total ?? 0, progress.hits.length), MAX_COUNTED);
    return this.show(query, progress, { total, totalIsExact: false }, deadline);
  }

  /** Scans on until the page is full, the list ends or the time is over. */
  private async scanOn(query: SearchQuery, progress: Progress, wanted: number, deadline: number) {
    let scanRows = progress.isBegun ? 2 * FIRST_SCAN_ROWS : FIRST_SCAN_ROWS / SHRINK_FACTOR;
    while (progress.hits.length < wanted && !isAtEnd(progress)) {
      const now = performance.now();
      // A scan that times out leaves time for a smaller one.
      const isDone = await this.scan(query, progress, scanRows, wanted, now + (deadline - now) / 2);
      if (isDone) scanRows = Math.min(scanRows * 2, MAX_SCAN_ROWS);
      else if (scanRows > 1) scanRows = Math.ceil(scanRows / SHRINK_FACTOR);
      else return;
    }
  }

  /** Scans a further part of the list; false after a timeout, when nothing was read. */
  private async scan(
    query: SearchQuery,
    progress: Progress,
    scanRows: number,
    wanted: number,
    deadline: number,
  ): Promise<boolean> {
    const { edge } = progress;
    const start = edge ? ('before' in query.start ? { before: edge } : { after: edge }) : query.start;
    const left = wanted - progress.hits.length;
    const rows = await this.withinTime<ReadRow>(deadline, (timeoutMs) =>
      hitsByScan({ ...query, start }, scanRows, left, timeoutMs),
    );
    if (!rows) return false;
    const { edgeAt, edgeId } = rows[0]!;
    progress.edge = edgeAt && edgeId !== null ? { createdAt: edgeAt, id: edgeId } : undefined;
    progress.isBegun = true;
    progress.hits.push(...hitsIn(rows));
    return true;
  }

  /** Undefined if the index cannot know the text, or after a timeout. */
  private async byIndex(query: SearchQuery, deadline: number): Promise<Indexed | undefined> {
    if (!isIndexed(query.text)) return undefined;
    const rows = await this.withinTime<IndexRow>(deadline, (timeoutMs) => hitsByIndex(query, timeoutMs));
    if (!rows?.[0]!.isKnown) return undefined;
    const [{ total, isOver }] = rows as [IndexRow];
    return { hits: hitsIn(rows), total, isOver };
  }

  /** The page of these hits. */
  private async show(
    { start, limit }: SearchQuery,
    { hits, edge, skipped }: Found,
    total: Pick<IncidentPage, 'total' | 'totalIsExact'>,
    deadline: number,
  ): Promise<IncidentPage> {
    const wanted = hits.slice(skipped, skipped + limit).map(({ id }) => id);
    const rows =
      wanted.length === 0
        ? []
        : await this.database.query<PageIncidentRow>(PAGE_BY_IDS, [wanted], deadline + GRACE_MS);
    const shown = rows.slice(0, shownOf(rows, limit)).map(toIncident);
    const hasMore = shown.length < rows.length || hits.length > skipped + limit;
    // After a page that is not full, the next page continues where the scan stopped.
    const onward = hasMore ? shown.at(-1) : edge;
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
    statement: (timeoutMs: number) => ListStatement,
  ): Promise<Result[] | undefined> {
    const timeoutMs = deadline - performance.now();
    if (timeoutMs < MIN_STATEMENT_MS) return undefined;
    try {
      const { settings = {}, text } = statement(timeoutMs);
      return await this.database.query<Result>({ settings, text }, [], deadline + GRACE_MS);
    } catch (error) {
      if (isStatementTimeout(error)) return undefined;
      throw error;
    }
  }
}

const isAtEnd = ({ isBegun, edge }: Progress): boolean => isBegun && !edge;

function hitsIn<Extra>(rows: readonly Row<Extra>[]): Position[] {
  return rows
    .filter((row): row is Extra & HitRow => row.id !== null)
    .map((row) => ({ id: row.id, createdAt: row.created_at }));
}
