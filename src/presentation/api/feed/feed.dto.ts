import { ApiExtraModels, ApiProperty, getSchemaPath, IntersectionType, PickType } from '@nestjs/swagger';
import {
  type FeedEvent,
  type FeedFilter,
  type FeedPage,
  MAX_DUPLICATE_CHATS,
} from '../../../application/feed/event-feed.js';
import { CHAT_SCOPE, type ChatScope } from '../../../domain/attention/attention-policy.js';
import { formatPosition } from '../../../domain/feed/feed-position.js';
import type { IncidentSource } from '../../../domain/incident/incident-source.js';
import type { IncidentStatus } from '../../../domain/incident/incident-status.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import { ID_SCHEMA, SOURCE_SCHEMA, STATUS_SCHEMA } from '../../http/openapi/schemas.js';
import { IsInteger, IsListOf, IsListOfTexts } from '../../http/validation/fields.js';
import { ORIGIN_SCHEMA } from '../../http/validation/text-fields.js';
import { eventIdOf, IncidentEventResponse } from '../incidents/incident-events.dto.js';
import { IsStart, POSITION_SCHEMA } from './feed-start.js';

const MAX_CHATS = 20;

/** The start and the filter of a stream of events. */
export class EventStreamQuery {
  /** Only events after this position of an earlier response, or from the `oldest` retained event, or after the `latest` event. */
  @IsStart({ required: false })
  after?: string;

  /** Only events after which the incident has one of these statuses: separated by commas, or repeated. */
  @IsListOf(STATUS_SCHEMA)
  status?: IncidentStatus[];

  /** Only events of incidents from these sources: separated by commas, or repeated. */
  @IsListOf(SOURCE_SCHEMA)
  source?: IncidentSource[];

  /** Only events of this incident. */
  @IsInteger({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, format: 'int64' })
  incident?: number;

  /**
   * Only events of incidents that were reported in one of these chats, or of which a duplicate was: as in their origins, separated
   * by commas, or repeated. For a key that may not read, duplicates do not count.
   */
  @IsListOfTexts(CHAT_SCOPE, {
    maxItems: MAX_CHATS,
    example: ['tg:-100123'],
    rule: `must be up to ${MAX_CHATS} chats such as tg:-100123`,
  })
  chat?: ChatScope[];
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
  chats: query.chat,
});

/** An event for a key that may report but not read: it contains no text of anybody else. */
export class FeedReceiptResponse extends PickType(IncidentEventResponse, ['seq', 'type', 'at']) {
  /** The position of the event in the feed, for `after`. */
  @ApiProperty(POSITION_SCHEMA)
  position: string;

  /** The same id in every page, stream and Kafka message. */
  @ApiProperty({ example: '17-2' })
  id: string;

  @ApiProperty({ ...ID_SCHEMA, example: 17 })
  incident_id: number;

  /** The source of the incident. */
  @ApiProperty({ ...SOURCE_SCHEMA, example: 'monitoring' })
  source: IncidentSource;

  /** The status of the incident after this event. */
  @ApiProperty({ ...STATUS_SCHEMA, example: 'IN_PROGRESS' })
  status: IncidentStatus;

  static from({ event, incidentId, position, source, status }: FeedEvent): FeedReceiptResponse {
    return {
      position: formatPosition(position),
      source,
      status,
      id: eventIdOf(incidentId, event),
      incident_id: incidentId,
      seq: event.seq,
      type: event.type,
      at: isoTime(event.at),
    };
  }
}

/** An event of the history at its position in the feed. */
export class FeedEventResponse extends IntersectionType(IncidentEventResponse, FeedReceiptResponse) {
  /** Where the incident was first reported, such as a chat message. */
  @ApiProperty({ ...ORIGIN_SCHEMA, type: String, nullable: true })
  origin: string | null;

  /** The chats where duplicates of the incident have been reported by now. */
  @ApiProperty({
    type: 'array',
    items: { type: 'string', pattern: CHAT_SCOPE.source },
    maxItems: MAX_DUPLICATE_CHATS,
    example: ['tg:-100456'],
  })
  duplicate_chats: readonly ChatScope[];

  static from(feedEvent: FeedEvent): FeedEventResponse {
    const { origin = null, duplicateChats, event } = feedEvent;
    const receipt = FeedReceiptResponse.from(feedEvent);
    return Object.assign(
      receipt,
      { origin, duplicate_chats: duplicateChats },
      IncidentEventResponse.from(event),
    );
  }
}

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
  @ApiProperty(POSITION_SCHEMA)
  next: string;

  /** Whether there are further events already; a filter may exclude them. */
  @ApiProperty({ example: false })
  has_more: boolean;

  /** @param mayRead whether the key may read texts of others. */
  static from({ events, next, hasMore }: FeedPage, mayRead: boolean): FeedPageResponse {
    const responses = mayRead ? FeedEventResponse : FeedReceiptResponse;
    const shown = events.map((event) => responses.from(event));
    return { events: shown, next: formatPosition(next), has_more: hasMore };
  }
}
