import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, Matches } from 'class-validator';
import type { FeedConsumer } from '../../../application/feed/feed-consumers.js';
import type { FeedEvent, FeedFilter, FeedPage } from '../../../application/feed/event-feed.js';
import { FEED_START, formatPosition } from '../../../domain/feed/feed-position.js';
import { INCIDENT_EVENT_TYPES, type IncidentEventType } from '../../../domain/incident/incident-events.js';
import { INCIDENT_SOURCES, type IncidentSource } from '../../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES, type IncidentStatus } from '../../../domain/incident/incident-status.js';
import { isoTime } from '../../../shared/iso-time.js';
import { ID_SCHEMA } from '../../http/validation/id.pipe.js';
import { OptionalNotNull } from '../../http/validation/optional-not-null.js';
import { IsInteger, toList } from '../../http/validation/query-rules.js';
import { IncidentEventResponse } from '../incidents/incidents.dto.js';

const status = { enum: INCIDENT_STATUSES, enumName: 'IncidentStatus' };
const source = { enum: INCIDENT_SOURCES, enumName: 'IncidentSource' };
const position = { type: String, example: '1795961234.1871' } as const;

/** A start in the feed, in a query, a header or a body. */
export const START_SCHEMA = { type: 'string', pattern: FEED_START.source, example: 'latest' } as const;

/** What is wrong with a start that is none. */
export const START_PROBLEM = 'must be a position such as 1795961234.1871, or oldest, or latest';

const IsStart = () => Matches(FEED_START, { message: `$property ${START_PROBLEM}` });

/** Where a stream of events begins, and which events it has. */
export class EventStreamQuery {
  /** Only events after this position, which an earlier answer has given; from the `oldest` event that is retained, or the `latest`. */
  @ApiProperty({ ...START_SCHEMA, type: String, required: false })
  @OptionalNotNull()
  @IsStart()
  after?: string;

  /** Only events after which their incident has one of these statuses: separated by commas, or repeated. */
  @ApiProperty({ ...status, isArray: true, minItems: 1, required: false })
  @OptionalNotNull()
  @Transform(toList)
  @IsIn(INCIDENT_STATUSES, { each: true })
  status?: IncidentStatus[];

  /** Only events of incidents from these sources: separated by commas, or repeated. */
  @ApiProperty({ ...source, isArray: true, minItems: 1, required: false })
  @OptionalNotNull()
  @Transform(toList)
  @IsIn(INCIDENT_SOURCES, { each: true })
  source?: IncidentSource[];

  /** Only events of this incident. */
  @IsInteger({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, format: 'int64' })
  @OptionalNotNull()
  incident?: number;
}

export class EventsQuery extends EventStreamQuery {
  /** How many events at most. A page whose texts are over 1 MiB ends earlier. */
  @IsInteger({ minimum: 1, maximum: 200 })
  limit: number = 50;

  /** How long to wait for an event where there is none after the position, in seconds. */
  @IsInteger({ minimum: 0, maximum: 30 })
  wait: number = 0;
}

/** Which events a query asks for. @param reporter where the key may see the events of its own incidents alone. */
export const filterOf = (query: EventStreamQuery, reporter: string | undefined): FeedFilter => ({
  statuses: query.status,
  sources: query.source,
  incidentId: query.incident,
  reporter,
});

/** An event for a key that may report, and not read: nothing that anybody else has written. */
export class FeedReceiptResponse {
  /** Where the event stands in the feed, for `after`. */
  @ApiProperty(position)
  position: string;

  /** The same wherever the event is told; also in the messages to Kafka. */
  @ApiProperty({ example: '17-2' })
  id: string;

  @ApiProperty({ ...ID_SCHEMA, example: 17 })
  incident_id: number;

  /** 1 for the report, and one more for each change. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 2 })
  seq: number;

  @ApiProperty({ enum: INCIDENT_EVENT_TYPES, enumName: 'IncidentEventType', example: 'status_changed' })
  type: IncidentEventType;

  @ApiProperty({ format: 'date-time', example: '2026-11-20T10:05:00.456Z' })
  at: string;

  /** The source of the incident. */
  @ApiProperty({ ...source, example: 'monitoring' })
  source: IncidentSource;

  /** The status of the incident after this event. */
  @ApiProperty({ ...status, example: 'IN_PROGRESS' })
  status: IncidentStatus;

  static from(feedEvent: FeedEvent): FeedReceiptResponse {
    const { event, incidentId } = feedEvent;
    const { seq, type } = event;
    return {
      ...placeOf(feedEvent),
      id: `${incidentId}-${seq}`,
      incident_id: incidentId,
      seq,
      type,
      at: isoTime(event.at),
    };
  }
}

/** An event of the history at its position in the feed. */
export class FeedEventResponse extends IncidentEventResponse {
  /** Where the event stands in the feed, for `after`. */
  @ApiProperty(position)
  position: string;

  /** The same wherever the event is told; also in the messages to Kafka. */
  @ApiProperty({ example: '17-2' })
  id: string;

  @ApiProperty({ ...ID_SCHEMA, example: 17 })
  incident_id: number;

  /** The source of the incident. */
  @ApiProperty({ ...source, example: 'monitoring' })
  source: IncidentSource;

  /** The status of the incident after this event. */
  @ApiProperty({ ...status, example: 'IN_PROGRESS' })
  status: IncidentStatus;

  static of(feedEvent: FeedEvent): FeedEventResponse {
    const { event, incidentId } = feedEvent;
    const place = { id: `${incidentId}-${event.seq}`, incident_id: incidentId };
    return Object.assign(placeOf(feedEvent), place, IncidentEventResponse.from(event));
  }
}

const placeOf = ({ position: at, source: from, status: after }: FeedEvent) => ({
  position: formatPosition(at),
  source: from,
  status: after,
});

/** A page of the event feed. */
@ApiExtraModels(FeedEventResponse, FeedReceiptResponse)
export class FeedPageResponse {
  /** The events in the order of the feed; receipts, for keys that may not read. */
  @ApiProperty({
    type: 'array',
    items: {
      anyOf: [{ $ref: getSchemaPath(FeedEventResponse) }, { $ref: getSchemaPath(FeedReceiptResponse) }],
    },
  })
  events: (FeedEventResponse | FeedReceiptResponse)[];

  /** Where the next page begins: give it as `after`. It goes on also where a filter has left out all events. */
  @ApiProperty(position)
  next: string;

  /** Whether there are further events already; a filter may leave them out. */
  @ApiProperty({ example: false })
  has_more: boolean;

  /** @param mayRead whether the key may see what others have written. */
  static from({ events, next, hasMore }: FeedPage, mayRead: boolean): FeedPageResponse {
    const shown = events.map((event) =>
      mayRead ? FeedEventResponse.of(event) : FeedReceiptResponse.from(event),
    );
    return { events: shown, next: formatPosition(next), has_more: hasMore };
  }
}

export class StoreConsumerDto {
  /** Up to where the consumer has read: a position, or the `oldest` that is retained, or the `latest`. */
  @ApiProperty({ ...START_SCHEMA, type: String })
  @IsStart()
  position: string;
}

/** A named reader of the feed. */
export class ConsumerResponse {
  @ApiProperty({ example: 'mailer' })
  name: string;

  /** Up to where it has read: give it as `after`. */
  @ApiProperty(position)
  position: string;

  /** Events that it has not read. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 0 })
  lag: number;

  /** How long the oldest of them has waited, in seconds; 0 without one. */
  @ApiProperty({ minimum: 0, example: 0 })
  lag_seconds: number;

  @ApiProperty({ format: 'date-time', example: '2026-11-20T10:00:00.123Z' })
  created_at: string;

  /** When its position was last stored. */
  @ApiProperty({ format: 'date-time', example: '2026-11-20T10:05:00.456Z' })
  last_seen_at: string;

  static from(consumer: FeedConsumer): ConsumerResponse {
    return {
      name: consumer.name,
      position: formatPosition(consumer.position),
      lag: consumer.lag,
      lag_seconds: consumer.lagSeconds,
      created_at: isoTime(consumer.createdAt),
      last_seen_at: isoTime(consumer.lastSeenAt),
    };
  }
}
