import type { IncidentPage, Position } from '../../../application/incident/incident-list.js';
import { MAX_COUNTED } from '../../../application/incident/incident-list.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import type { Workload } from '../../../domain/access/workload.js';
import { LIMITS } from '../connection/connection.js';
import { isStatementTimeout } from '../connection/database-errors.js';
import type { Database, SeparateDatabase } from '../connection/database.js';
import type { ListStatement } from './incident-list-statement.js';
import { hitsByIndex, hitsByReading, isIndexed, type SearchQuery } from './incident-search-statements.js';
import { PAGE_BY_IDS } from '../incidents/incident-statements.js';
import { type PageIncidentRow, shownOf, toIncident } from '../incidents/incident.mapper.js';
import { SingleFlight } from '../batching/single-flight.js';

/** So many connections searches have, and so many of them run at a time. */
const CONNECTIONS = 2;

/** How long a search may take once it has begun, in milliseconds. */
const BUDGET_MS = 800;
/** How much of that the first attempt gets, by reading the beginning of the list. */
const FIRST_BUDGET_MS = 200;
/** How much of that the index gets; the rest is for reading on in the order of the list. */
const INDEX_BUDGET_MS = 400;
/** The server ends a statement whose time is over, in milliseconds; past it the connection is given up. */
const GRACE_MS = 500;
/** What is left of the time must be worth a statement. */
const MIN_STATEMENT_MS = 20;

/** So many incidents are read first: where hits are frequent, or the register is small, that is all. */
const FIRST_REACH = 500;
const MAX_REACH = 20_000;
/** Where so many took too long, a hundredth is tried: a description can be a thousand times as long as most are. */
const SHRINKAGE = 100;

type HitRow = { readonly id: number; readonly created_at: Date };
type Row<Extra> = Extra & (HitRow | { id: null });
type IndexRow = Row<{ total: number; isKnown: boolean; isOver: boolean }>;
type ReadRow = Row<{ edgeAt: Date | null; edgeId: number | null }>;

/** What was found, in the order in which the list is read. */
interface Found {
  readonly hits: readonly Position[];
  /** Up to where the list was read; undefined at its end. */
  readonly edge: Position | undefined;
  /** How many of the hits are before the page. */
  readonly passedOver: number;
}

/** What was found by reading so far. */
interface Progress extends Found {
  readonly hits: Position[];
  edge: Position | undefined;
  isBegun: boolean;
}

/** The hits of the index: those of the page, or none where they are too many. */
interface Indexed {
  readonly hits: readonly Position[];
  readonly total: number;
  readonly isOver: boolean;
}

/**
 * Searches in descriptions, within a time. Frequent hits are found by reading the list in its order, rare ones by the index.
 * Searches have connections of their own, so that they delay nothing but each other.
 */
export class PostgresIncidentSearch {
  private readonly reads = new SingleFlight<IncidentPage>({
    maxInFlight: CONNECTIONS,
    maxQueued: 200,
    timeoutMs: LIMITS.total,
  });

  private readonly database: SeparateDatabase;

  constructor(database: Database) {
    this.database = database.separate(CONNECTIONS);
  }

  /** Ends its connections. */
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
      throw new StoreUnavailable({ cause: new Error('too many searches wait') });
    }
    const offset = 'offset' in query.start ? query.start.offset : 0;
    const progress: Progress = { hits: [], edge: undefined, isBegun: false, passedOver: offset };
    const wanted = offset + query.limit + 1;
    await this.read(query, progress, FIRST_REACH, wanted, Math.min(deadline, now + FIRST_BUDGET_MS));
    const isFirst = 'offset' in query.start;
    if (isFirst && isAtEnd(progress) && progress.hits.length < wanted) {
      return this.show(query, progress, { total: progress.hits.length, totalIsExact: true }, deadline);
    }
    const indexed = await this.byIndex(query, Math.min(deadline, performance.now() + INDEX_BUDGET_MS));
    if (indexed && !indexed.isOver) {
      const found = { hits: indexed.hits, edge: undefined, passedOver: 0 };
      return this.show(query, found, { total: indexed.total, totalIsExact: true }, deadline);
    }
    await this.readOn(query, progress, wanted, deadline);
    if (!progress.isBegun) throw new StoreUnavailable({ cause: new Error('nothing was read in time') });
    const total = Math.min(Math.max(indexed?.total ?? 0, progress.hits.length), MAX_COUNTED);
    return this.show(query, progress, { total, totalIsExact: false }, deadline);
  }

  /** Reads on until the page is full, the list has ended or the time is over. */
  private async readOn(query: SearchQuery, progress: Progress, wanted: number, deadline: number) {
    let reach = progress.isBegun ? 2 * FIRST_REACH : FIRST_REACH / SHRINKAGE;
    while (progress.hits.length < wanted && !isAtEnd(progress)) {
      const now = performance.now();
      // What takes too long leaves time to try less.
      const isRead = await this.read(query, progress, reach, wanted, now + (deadline - now) / 2);
      if (isRead) reach = Math.min(reach * 2, MAX_REACH);
      else if (reach > 1) reach = Math.ceil(reach / SHRINKAGE);
      else return;
    }
  }

  /** Reads a further part of the list; false where the time is over, and nothing was read. */
  private async read(
    query: SearchQuery,
    progress: Progress,
    reach: number,
    wanted: number,
    deadline: number,
  ): Promise<boolean> {
    const { edge } = progress;
    const start = edge ? ('before' in query.start ? { before: edge } : { after: edge }) : query.start;
    const left = wanted - progress.hits.length;
    const rows = await this.inTime<ReadRow>(deadline, (timeoutMs) =>
      hitsByReading({ ...query, start }, reach, left, timeoutMs),
    );
    if (!rows) return false;
    const { edgeAt, edgeId } = rows[0]!;
    progress.edge = edgeAt && edgeId !== null ? { createdAt: edgeAt, id: edgeId } : undefined;
    progress.isBegun = true;
    progress.hits.push(...hitsIn(rows));
    return true;
  }

  /** Undefined where the index does not know such a text, or is not done in time. */
  private async byIndex(query: SearchQuery, deadline: number): Promise<Indexed | undefined> {
    if (!isIndexed(query.text)) return undefined;
    const rows = await this.inTime<IndexRow>(deadline, (timeoutMs) => hitsByIndex(query, timeoutMs));
    if (!rows?.[0]!.isKnown) return undefined;
    const [{ total, isOver }] = rows as [IndexRow];
    return { hits: hitsIn(rows), total, isOver };
  }

  /** The page of what was found. */
  private async show(
    { start, limit }: SearchQuery,
    { hits, edge, passedOver }: Found,
    total: Pick<IncidentPage, 'total' | 'totalIsExact'>,
    deadline: number,
  ): Promise<IncidentPage> {
    const wanted = hits.slice(passedOver, passedOver + limit).map(({ id }) => id);
    const rows =
      wanted.length === 0
        ? []
        : await this.database.query<PageIncidentRow>(PAGE_BY_IDS, [wanted], deadline + GRACE_MS);
    const shown = rows.slice(0, shownOf(rows, limit)).map(toIncident);
    const hasMore = shown.length < rows.length || hits.length > passedOver + limit;
    // A page that is not full is followed by what was not read yet.
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

  /** The rows of a statement; undefined where it was not done in time. */
  private async inTime<Result extends object>(
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
