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

/** The detail of the validation error of an invalid start. */
export const INVALID_START = 'must be a position such as 1795961234.1871, or oldest, or latest';

const IsStart = () => Matches(FEED_START, { message: `$property ${INVALID_START}` });

/** The start and the filter of a stream of events. */
export class EventStreamQuery {
  /** Only events after this position of an earlier response, or from the `oldest` retained event, or after the `latest` event. */
  @ApiProperty({ ...START_SCHEMA, type: String, required: false })
  @OptionalNotNull()
  @IsStart()
  after?: string;

  /** Only events after which the incident has one of these statuses: separated by commas, or repeated. */
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
  /** The maximum number of events. A page ends earlier if its texts exceed 1 MiB. */
  @IsInteger({ minimum: 1, maximum: 200 })
  limit: number = 50;

  /** The maximum time to wait if there is no event after the position, in seconds. */
  @IsInteger({ minimum: 0, maximum: 30 })
  wait: number = 0;
}

/** The filter of a query. @param reporter the principal of a key that may only see events of its own incidents. */
export const filterOf = (query: EventStreamQuery, reporter: string | undefined): FeedFilter => ({
  statuses: query.status,
  sources: query.source,
  incidentId: query.incident,
  reporter,
});

/** An event for a key that may report but not read: it contains no text of anybody else. */
export class FeedReceiptResponse {
  /** The position of the event in the feed, for `after`. */
  @ApiProperty(position)
  position: string;

  /** The same id in every page, stream and Kafka message. */
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
      ...feedFieldsOf(feedEvent),
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
  /** The position of the event in the feed, for `after`. */
  @ApiProperty(position)
  position: string;

  /** The same id in every page, stream and Kafka message. */
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
    return Object.assign(feedFieldsOf(feedEvent), place, IncidentEventResponse.from(event));
  }
}

const feedFieldsOf = ({ position: at, source: from, status: after }: FeedEvent) => ({
  position: formatPosition(at),
  source: from,
  status: after,
});

/** A page of the event feed. */
@ApiExtraModels(FeedEventResponse, FeedReceiptResponse)
export class FeedPageResponse {
  /** The events in the order of the feed; receipts for keys that may not read. */
  @ApiProperty({
    type: 'array',
    items: {
      anyOf: [{ $ref: getSchemaPath(FeedEventResponse) }, { $ref: getSchemaPath(FeedReceiptResponse) }],
    },
  })
  events: (FeedEventResponse | FeedReceiptResponse)[];

  /** The start of the next page: send it as `after`. It advances even if the filter excludes all events. */
  @ApiProperty(position)
  next: string;

  /** Whether there are further events already; a filter may exclude them. */
  @ApiProperty({ example: false })
  has_more: boolean;

  /** @param mayRead whether the key may read texts of others. */
  static from({ events, next, hasMore }: FeedPage, mayRead: boolean): FeedPageResponse {
    const shown = events.map((event) =>
      mayRead ? FeedEventResponse.of(event) : FeedReceiptResponse.from(event),
    );
    return { events: shown, next: formatPosition(next), has_more: hasMore };
  }
}

export class StoreConsumerDto {
  /** The position up to which the consumer has read: a position, or before the `oldest` retained event, or the `latest` event. */
  @ApiProperty({ ...START_SCHEMA, type: String })
  @IsStart()
  position: string;
}

/** A named reader of the feed. */
export class ConsumerResponse {
  @ApiProperty({ example: 'mailer' })
  name: string;

  /** The position up to which it has read: send it as `after`. */
  @ApiProperty(position)
  position: string;

  /** The number of events that it has not read. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 0 })
  lag: number;

  /** The age of the oldest unread event, in seconds; 0 if there is none. */
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
