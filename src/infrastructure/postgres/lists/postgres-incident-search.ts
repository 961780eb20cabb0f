import type { IncidentPage, IncidentQuery, Position } from '../../../application/incident/incident-list.js';
import { MAX_COUNTED } from '../../../application/incident/incident-list.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import type { Workload } from '../../../domain/access/workload.js';
import type { Attention } from '../../../domain/incident/attention.js';
import { hitsByIndex, hitsByScan, isIndexed } from './incident-search-statements.js';
import { shownOf, toIncident } from '../incidents/incident.mapper.js';
import type { SearchQueue, SearchTime } from './search-queue.js';

/** The part of its time that a search has for the first scan, of the start of the list, in milliseconds. */
const FIRST_BUDGET_MS = 200;
/** The part of it for the index; the rest is for scanning on in the order of the list. */
const INDEX_BUDGET_MS = 400;

/** The number of incidents that the first scan reads: enough if hits are frequent, or if there are few incidents. */
const FIRST_SCAN_ROWS = 500;
const MAX_SCAN_ROWS = 20_000;
/** After a timeout, a hundredth of the rows is tried: a description can be a thousand times as long as most are. */
const SHRINK_FACTOR = 100;

type HitRow = { readonly id: number; readonly created_at: Date; readonly attention?: Attention };
type Row<Extra> = Extra & (HitRow | { id: null });
type IndexRow = Row<{ total: number; isKnown: boolean; isOver: boolean }>;
type ReadRow = Row<{ edgeAt: Date | null; edgeId: number | null; edgeAttention: Attention | null }>;

/** The hits by the index: those on the page, or none if there are too many. */
interface Indexed {
  readonly hits: readonly Position[];
  readonly total: number;
  readonly isOver: boolean;
}

/**
 * Searches incidents within a time limit: by a text in their descriptions, or by filters that no index has together. Frequent hits are found
 * by scanning the list in its order, and rare ones with a text by the index.
 */
export class PostgresIncidentSearch {
  constructor(private readonly searches: SearchQueue) {}

  page(query: IncidentQuery, workload?: Workload): Promise<IncidentPage> {
    return this.searches.submit('list', query, (time) => new Search(time, query).run(), workload);
  }
}

/** One search, with the hits of its scans in the order in which the list is scanned. */
class Search {
  private readonly offset: number;
  /** The number of hits for a full page and the knowledge of whether there are more. */
  private readonly needed: number;
  private readonly hits: Position[] = [];
  /** The position of the last scanned incident; undefined before the first scan and at the end of the list. */
  private edge: Position | undefined;
  private hasScanned = false;

  constructor(
    private readonly time: SearchTime,
    private readonly query: IncidentQuery,
  ) {
    this.offset = 'offset' in query.start ? query.start.offset : 0;
    this.needed = this.offset + query.limit + 1;
  }

  async run(): Promise<IncidentPage> {
    const { startedAt, deadline } = this.time;
    await this.scan(FIRST_SCAN_ROWS, Math.min(deadline, startedAt + FIRST_BUDGET_MS));
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
      const isDone = await this.scan(scanRows, now + (this.time.deadline - now) / 2);
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
    const rows = await this.time.rowsBy<ReadRow>(deadline, (timeoutMs) =>
      hitsByScan({ ...query, start }, scanRows, left, timeoutMs),
    );
    if (!rows) return false;
    const { edgeAt, edgeId, edgeAttention } = rows[0]!;
    this.edge =
      edgeAt && edgeId !== null
        ? { createdAt: edgeAt, id: edgeId, attention: edgeAttention ?? undefined }
        : undefined;
    this.hasScanned = true;
    this.hits.push(...hitsIn(rows));
    return true;
  }

  /** Undefined if there is no text, or none that the index can know, or after a timeout. */
  private async findByIndex(): Promise<Indexed | undefined> {
    const { text } = this.query;
    if (text === undefined || !isIndexed(text)) return undefined;
    const deadline = Math.min(this.time.deadline, performance.now() + INDEX_BUDGET_MS);
    const rows = await this.time.rowsBy<IndexRow>(deadline, (timeoutMs) =>
      hitsByIndex({ ...this.query, text }, timeoutMs),
    );
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
    const rows = await this.time.incidents(ids);
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
}

function hitsIn<Extra>(rows: readonly Row<Extra>[]): Position[] {
  return rows
    .filter((row): row is Extra & HitRow => row.id !== null)
    .map(({ id, created_at: createdAt, attention }) => ({ id, createdAt, attention }));
}
