import { Injectable } from '@nestjs/common';
import {
  type ChangedIncidents,
  EventFeed,
  type FeedEvent,
  type FeedFilter,
  type FeedPage,
} from '../../../application/feed/event-feed.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { principalOf } from '../../../domain/access/access-key.js';
import type { Workload } from '../../../domain/access/workload.js';
import type { ChatScope } from '../../../domain/attention/attention-policy.js';
import { FeedPositionGone } from '../../../domain/feed/feed-errors.js';
import type { FeedPosition, FeedStart } from '../../../domain/feed/feed-position.js';
import type { IncidentSource } from '../../../domain/incident/incident-source.js';
import type { IncidentStatus } from '../../../domain/incident/incident-status.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { SingleFlight } from '../batching/single-flight.js';
import { LIMITS_MS } from '../connection/connection.js';
import { Database } from '../connection/database.js';
import { type IncidentEventRow, toEvent } from '../incidents/incident.mapper.js';
import { FeedPlacer } from './feed-placer.js';
import { MAX_PAGE_BYTES, READ, READ_INCIDENTS, RESOLVE, MAX_SCANNED } from './feed-statements.js';

/** The connections for readers of the feed: any number of readers takes none from requests. */
const MAX_CONNECTIONS = 2;

/** The maximum number of queued reads: as many as end within their time limit if each takes a few milliseconds. */
const MAX_QUEUED = 2_000;

/** A read with less time left fails without a query: a query that times out would cost its connection. */
const MIN_READ_MS = 500;

interface StateRow {
  readonly epoch: number;
  readonly trimmed_to: number;
  readonly latest: number;
  readonly number: number;
  readonly is_known: boolean;
}

interface PageRow extends StateRow, IncidentEventRow {
  readonly incident_id: IncidentId;
  readonly position: number;
  readonly source: IncidentSource;
  readonly status: IncidentStatus;
  readonly reporter: number | null;
  readonly origin: string | null;
  readonly duplicate_chats: readonly ChatScope[] | null;
  readonly bytes: number;
}

interface IncidentsRow extends StateRow {
  readonly ids: readonly IncidentId[];
  readonly next: number;
}

type Row = PageRow | (StateRow & { readonly position: null });

/** The event feed in PostgreSQL. */
@Injectable()
export class PostgresEventFeed extends EventFeed {
  private readonly reads = new SingleFlight<FeedPage>({
    maxInFlight: MAX_CONNECTIONS,
    maxQueued: MAX_QUEUED,
    timeoutMs: LIMITS_MS.total,
  });

  private readonly database: Database;

  constructor(
    database: Database,
    private readonly placer: FeedPlacer,
  ) {
    super();
    this.database = database.separate(MAX_CONNECTIONS);
  }

  read(
    start: FeedStart,
    { statuses, sources, incidentId, reporter, chats }: FeedFilter,
    limit: number,
    workload?: Workload,
  ): Promise<FeedPage> {
    if (start === 'latest')
      return this.reads.submit(start, (deadline) => this.readLatest(deadline), workload);
    const values = [...startValues(start), statuses, sources, incidentId, reporter, chats, limit];
    const read = (deadline: number) => this.readPage(start, values, limit, deadline);
    return this.reads.submit(JSON.stringify(values), read, workload);
  }

  async changedIncidents(after: FeedPosition): Promise<ChangedIncidents> {
    const [row] = await this.database.query<IncidentsRow>(READ_INCIDENTS, startValues(after));
    const { epoch, latest, ids, next } = knownRow(row!, after);
    return { ids, next: { epoch, number: next }, hasMore: next < latest };
  }

  resolve(start: FeedStart): Promise<FeedPosition> {
    return this.positionOf(start);
  }

  onAdded(listener: () => void): void {
    this.placer.onPlaced(listener);
  }

  /** The page after the latest event, whatever the filter. */
  private async readLatest(deadline: number): Promise<FeedPage> {
    requireTime(deadline);
    return { events: [], next: await this.positionOf('latest', deadline), hasMore: false };
  }

  private async readPage(
    start: FeedStart,
    values: readonly unknown[],
    limit: number,
    deadline: number,
  ): Promise<FeedPage> {
    requireTime(deadline);
    const rows = await this.database.query<Row>(READ, values, deadline);
    const { epoch, latest, number } = knownRow(rows[0]!, start);
    const at = (of: number) => ({ epoch, number: of });
    const found = rows.filter((row) => row.position !== null);
    const last = found.at(-1);
    const isFull = last !== undefined && (found.length === limit || last.bytes >= MAX_PAGE_BYTES);
    const next = isFull ? last.position : Math.min(number + MAX_SCANNED, latest);
    return { events: found.map(toFeedEvent), next: at(next), hasMore: next < latest };
  }

  private async positionOf(start: FeedStart, deadline?: number): Promise<FeedPosition> {
    const [row] = await this.database.query<StateRow>(RESOLVE, startValues(start), deadline);
    return { epoch: row!.epoch, number: knownRow(row!, start).number };
  }
}

/** @throws StoreUnavailable if a read has waited too long in the queue. */
function requireTime(deadline: number): void {
  if (deadline - performance.now() >= MIN_READ_MS) return;
  throw new StoreUnavailable({ cause: new Error('the read timed out in the queue') });
}

/** The values of `FEED_RANGE`. */
function startValues(start: FeedStart): unknown[] {
  return typeof start === 'string' ? [null, null, start] : [start.epoch, start.number, null];
}

/** @throws FeedPositionGone if the feed does not retain all events after this start. */
function knownRow<Row extends StateRow>(row: Row, start: FeedStart): Row {
  if (row.is_known) return row;
  const at = (number: number) => ({ epoch: row.epoch, number });
  throw new FeedPositionGone(start as FeedPosition, { oldest: at(row.trimmed_to), latest: at(row.latest) });
}

function toFeedEvent(row: PageRow): FeedEvent {
  return {
    position: { epoch: row.epoch, number: row.position },
    incidentId: row.incident_id,
    event: toEvent(row),
    source: row.source,
    status: row.status,
    reporter: row.reporter === null ? undefined : principalOf(row.reporter),
    origin: row.origin ?? undefined,
    duplicateChats: row.duplicate_chats ?? [],
  };
}
