import { Injectable } from '@nestjs/common';
import {
  EventFeed,
  type FeedEvent,
  type FeedFilter,
  type FeedPage,
} from '../../../application/feed/event-feed.js';
import { principalOf } from '../../../domain/access/access-key.js';
import { FeedPositionGone } from '../../../domain/feed/feed-errors.js';
import type { FeedPosition, FeedStart } from '../../../domain/feed/feed-position.js';
import type { IncidentSource } from '../../../domain/incident/incident-source.js';
import type { IncidentStatus } from '../../../domain/incident/incident-status.js';
import type { IncidentId } from '../../../domain/incident/incident.js';
import { Database } from '../connection/database.js';
import { type IncidentEventRow, toEvent } from '../incidents/incident.mapper.js';
import { FeedPlacer } from './feed-placer.js';
import { MAX_PAGE_BYTES, READ, RESOLVE, MAX_SCANNED } from './feed-statements.js';

/** The connections for readers of the feed: any number of readers takes none from requests. */
const MAX_CONNECTIONS = 2;

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
  readonly bytes: number;
}

type Row = PageRow | (StateRow & { readonly position: null });

/** The event feed in PostgreSQL. */
@Injectable()
export class PostgresEventFeed extends EventFeed {
  private readonly database: Database;

  constructor(
    database: Database,
    private readonly placer: FeedPlacer,
  ) {
    super();
    this.database = database.separate(MAX_CONNECTIONS);
  }

  async read(
    start: FeedStart,
    { statuses, sources, incidentId, reporter }: FeedFilter,
    limit: number,
  ): Promise<FeedPage> {
    const filter = [statuses, sources, incidentId, reporter];
    const rows = await this.database.query<Row>(READ, [...startValues(start), ...filter, limit]);
    const { epoch, latest, number } = knownRow(rows[0]!, start);
    const at = (of: number) => ({ epoch, number: of });
    const found = rows.filter((row) => row.position !== null);
    const last = found.at(-1);
    const isFull = last !== undefined && (found.length === limit || last.bytes >= MAX_PAGE_BYTES);
    const next = isFull ? last.position : Math.min(number + MAX_SCANNED, latest);
    return { events: found.map(toFeedEvent), next: at(next), hasMore: next < latest };
  }

  async resolve(start: FeedStart): Promise<FeedPosition> {
    const [row] = await this.database.query<StateRow>(RESOLVE, startValues(start));
    return { epoch: row!.epoch, number: knownRow(row!, start).number };
  }

  onAdded(listener: () => void): void {
    this.placer.onPlaced(listener);
  }
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
  };
}
