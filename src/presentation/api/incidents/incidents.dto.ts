import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsDate, IsIn, Matches } from 'class-validator';
import type { IncidentFilters } from '../../../application/incident/incident-list.js';
import {
  INCIDENT_EVENT_TYPES,
  type IncidentEvent,
  type IncidentEventType,
} from '../../../domain/incident/incident-events.js';
import { INCIDENT_CHANNELS, type IncidentChannel } from '../../../domain/incident/incident-channel.js';
import { INCIDENT_SOURCES, type IncidentSource } from '../../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES, type IncidentStatus } from '../../../domain/incident/incident-status.js';
import { MAX_TEXT_LENGTH } from '../../../domain/incident/incident-text.js';
import type { Incident } from '../../../domain/incident/incident.js';
import { isoTime } from '../../../shared/iso-time.js';
import { AtLeastOne } from '../../http/validation/at-least-one.js';
import {
  KEY_PATTERN,
  TIMESTAMP_PATTERN,
  SEARCH_PATTERN,
  TEXT_PATTERN,
} from '../../http/openapi/contract-patterns.js';
import { ID_SCHEMA } from '../../http/validation/id.pipe.js';
import { KEY, MAX_KEY_LENGTH } from '../../http/headers/idempotency-key.js';
import { IsDedupKey, MAX_DEDUP_KEY_LENGTH } from '../../http/validation/is-dedup-key.js';
import { OptionalNotNull } from '../../http/validation/optional-not-null.js';
import { IsText } from '../../http/validation/is-text.js';
import { IsCursor, IsSearchText, MAX_SEARCH_LENGTH } from '../../http/validation/list-values.js';
import { TIMESTAMP } from '../../http/validation/timestamps.js';
import { MAX_OFFSET } from '../../http/paging/pagination.js';
import { IsInteger, toList, toTimestamp } from '../../http/validation/query-rules.js';

const text = { minLength: 1, maxLength: MAX_TEXT_LENGTH, pattern: TEXT_PATTERN };
const status = { enum: INCIDENT_STATUSES, enumName: 'IncidentStatus' };
const source = { enum: INCIDENT_SOURCES, enumName: 'IncidentSource' };
const channel = { enum: INCIDENT_CHANNELS, enumName: 'IncidentChannel' };
const dedupKey = {
  type: String,
  minLength: 1,
  maxLength: MAX_DEDUP_KEY_LENGTH,
  pattern: TEXT_PATTERN,
  example: 'disk-full/db-1',
};
const moment = `${TIMESTAMP}; a + is written %2B`;

export class ReportIncidentDto {
  /** What is broken: up to 10,000 characters, kept as they come. */
  @ApiProperty({ ...text, example: 'Самокат #42 оффлайн' })
  @IsText()
  description: string;

  /** Who tells of it. */
  @ApiProperty({ ...source, example: 'monitoring' })
  @IsIn(INCIDENT_SOURCES)
  source: IncidentSource;

  /**
   * A machine's name for the problem. While an incident with it is not CLOSED, a further report makes no other: it counts
   * there, its text is kept in the history, and what was RESOLVED goes back to IN_PROGRESS.
   */
  @ApiProperty({ ...dedupKey, required: false })
  @OptionalNotNull()
  @IsDedupKey()
  dedup_key?: string;
}

/** A report as a line of a stream. */
export class ReportLineDto extends ReportIncidentDto {
  /** A line with a key is taken in once, however often it is sent: 1 to 255 visible ASCII characters. */
  @ApiProperty({
    type: String,
    required: false,
    minLength: 1,
    maxLength: MAX_KEY_LENGTH,
    pattern: KEY_PATTERN,
    example: 'shift-7/42',
  })
  @OptionalNotNull()
  @Matches(KEY, { message: `idempotency_key must be 1 to ${MAX_KEY_LENGTH} visible ASCII characters` })
  idempotency_key?: string;
}

export class ChangeStatusDto {
  /** Where to move the incident. */
  @ApiProperty({ ...status, example: 'IN_PROGRESS' })
  @IsIn(INCIDENT_STATUSES)
  status: IncidentStatus;
}

@AtLeastOne()
export class UpdateIncidentDto {
  /** Where to move the incident. */
  @ApiProperty({ ...status, required: false, example: 'IN_PROGRESS' })
  @OptionalNotNull()
  @IsIn(INCIDENT_STATUSES)
  status?: IncidentStatus;

  /** A line to add to the description. */
  @ApiProperty({ ...text, required: false, example: 'Выехал механик' })
  @OptionalNotNull()
  @IsText()
  description_append?: string;
}

export class ListIncidentsQuery {
  /** Only incidents of these statuses: separated by commas, or repeated. */
  @ApiProperty({ ...status, isArray: true, minItems: 1, required: false })
  @OptionalNotNull()
  @Transform(toList)
  @IsIn(INCIDENT_STATUSES, { each: true })
  status?: IncidentStatus[];

  /** Only incidents from these sources: separated by commas, or repeated. */
  @ApiProperty({ ...source, isArray: true, minItems: 1, required: false })
  @OptionalNotNull()
  @Transform(toList)
  @IsIn(INCIDENT_SOURCES, { each: true })
  source?: IncidentSource[];

  /** Only incidents with this deduplication key. */
  @ApiProperty({ ...dedupKey, required: false })
  @OptionalNotNull()
  @IsDedupKey()
  dedup_key?: string;

  /** Only incidents reported at this moment or later. A date means its beginning in UTC. */
  @ApiProperty({ type: String, required: false, pattern: TIMESTAMP_PATTERN, example: '2026-01-01T00:00:00Z' })
  @OptionalNotNull()
  @Transform(toTimestamp)
  @IsDate({ message: `created_from ${moment}` })
  created_from?: Date;

  /** Only incidents reported before this moment. A date means its beginning in UTC. */
  @ApiProperty({ type: String, required: false, pattern: TIMESTAMP_PATTERN, example: '2036-01-01' })
  @OptionalNotNull()
  @Transform(toTimestamp)
  @IsDate({ message: `created_to ${moment}` })
  created_to?: Date;

  /** Only incidents with this in their description, in any language and case: at least two characters. */
  @ApiProperty({
    type: String,
    required: false,
    minLength: 2,
    maxLength: MAX_SEARCH_LENGTH,
    pattern: SEARCH_PATTERN,
    example: 'самокат',
  })
  @OptionalNotNull()
  @IsSearchText()
  q?: string;

  /** Newest first (`-created_at`) or oldest first (`created_at`). */
  @ApiProperty({ enum: ['-created_at', 'created_at'], required: false })
  @IsIn(['-created_at', 'created_at'])
  sort: '-created_at' | 'created_at' = '-created_at';

  /** How many incidents at most. A page whose descriptions are over 4 MiB ends earlier, and `next` leads on. */
  @IsInteger({ minimum: 1, maximum: 200 })
  limit: number = 50;

  /** How many incidents to pass over. Further on lead the links of the answer, by `cursor`. */
  @IsInteger({ minimum: 0, maximum: MAX_OFFSET, default: 0 })
  @OptionalNotNull()
  offset?: number;

  /** The page that a link has led to. Stays right while incidents arrive; goes with the same `sort`, without `offset`. */
  @ApiProperty({ type: String, format: 'cursor', minLength: 1, pattern: '^[A-Za-z0-9_-]+$', required: false })
  @OptionalNotNull()
  @IsCursor()
  cursor?: string;
}

/** The filters that the parameters of a list ask for. */
export function filtersOf(query: ListIncidentsQuery): IncidentFilters {
  return {
    statuses: query.status,
    sources: query.source,
    dedupKey: query.dedup_key,
    createdFrom: query.created_from,
    createdTo: query.created_to,
  } satisfies Record<keyof IncidentFilters, unknown>;
}

export class IncidentByKeyQuery {
  /** By which way the report came: over REST with this very access key, or in a message from Kafka. */
  @ApiProperty({ enum: ['rest', 'kafka'], required: false })
  @IsIn(['rest', 'kafka'])
  channel: 'rest' | 'kafka' = 'rest';
}

export class IncidentHistoryQuery {
  /** Only events with a seq above this one. */
  @IsInteger({ minimum: 0, maximum: 2_147_483_647 })
  after: number = 0;

  /** How many events at most. */
  @IsInteger({ minimum: 1, maximum: 200 })
  limit: number = 50;
}

export class IncidentResponse {
  @ApiProperty(ID_SCHEMA)
  id: number;

  /** What was reported, and a line for each addition. */
  @ApiProperty({ minLength: 1, maxLength: 100_000, example: 'Самокат #42 оффлайн' })
  description: string;

  @ApiProperty({ ...status, example: 'NEW' })
  status: IncidentStatus;

  @ApiProperty({ ...source, example: 'monitoring' })
  source: IncidentSource;

  /** By which way it was first reported. */
  @ApiProperty({ ...channel, example: 'rest' })
  channel: IncidentChannel;

  /** When it was reported. */
  @ApiProperty({ format: 'date-time', example: '2026-11-20T10:00:00.123Z' })
  created_at: string;

  /** When it was last changed. */
  @ApiProperty({ format: 'date-time', example: '2026-11-20T10:00:00.123Z' })
  updated_at: string;

  /** The name of the problem that its reports came with. */
  @ApiProperty({ type: String, nullable: true, example: null })
  dedup_key: string | null;

  /** How often the problem was reported. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 })
  occurrences: number;

  /** When it was last reported. */
  @ApiProperty({ format: 'date-time', example: '2026-11-20T10:00:00.123Z' })
  last_seen_at: string;

  /** The incident that had the same deduplication key before, and is closed. */
  @ApiProperty({ ...ID_SCHEMA, nullable: true, example: null })
  previous_id: number | null;

  static from(incident: Incident): IncidentResponse {
    return {
      id: incident.id,
      description: incident.description,
      status: incident.status,
      source: incident.source,
      channel: incident.channel,
      created_at: isoTime(incident.createdAt),
      updated_at: isoTime(incident.updatedAt),
      dedup_key: incident.dedupKey ?? null,
      occurrences: incident.occurrences,
      last_seen_at: isoTime(incident.lastSeenAt),
      previous_id: incident.previousId ?? null,
    };
  }
}

/**
 * What a key that may report, and not read, is told of an incident in which others may have a part: nothing that anybody
 * else has written.
 */
export class IncidentReceiptResponse {
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 })
  id: number;

  @ApiProperty({ ...status, example: 'IN_PROGRESS' })
  status: IncidentStatus;

  /** How often the problem was reported. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 2 })
  occurrences: number;

  static from({ id, status, occurrences }: Incident): IncidentReceiptResponse {
    return { id, status, occurrences };
  }
}

export class IncidentEventResponse {
  /** 1 for the report, and one more for each change. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 2 })
  seq: number;

  @ApiProperty({ enum: INCIDENT_EVENT_TYPES, enumName: 'IncidentEventType', example: 'status_changed' })
  type: IncidentEventType;

  @ApiProperty({ format: 'date-time', example: '2026-11-20T10:05:00.456Z' })
  at: string;

  /** The name of the access key that asked for it, or whom its holder spoke for. */
  @ApiProperty({ example: 'admin' })
  actor: string;

  /** By which way it came. */
  @ApiProperty({ ...channel, example: 'rest' })
  channel: IncidentChannel;

  /**
   * The name of the access key that was verified, whoever the actor is; null where none was needed, as for messages from
   * Kafka, and in events from before it was recorded.
   */
  @ApiProperty({ type: String, nullable: true, example: 'admin' })
  access_key: string | null;

  /** The id of that key; null for the key of the environment too. */
  @ApiProperty({ type: 'integer', minimum: 1, nullable: true, example: null })
  access_key_id: number | null;

  /** The status before; in `status_changed` and `reopened` only. */
  @ApiProperty({ ...status, required: false, example: 'NEW' })
  from?: IncidentStatus;

  /** The status since; in `status_changed` and `reopened` only. */
  @ApiProperty({ ...status, required: false, example: 'IN_PROGRESS' })
  to?: IncidentStatus;

  /** What was reported or added; in all but `status_changed`. */
  @ApiProperty({ ...text, required: false, example: 'Самокат #42 оффлайн' })
  text?: string;

  static from(event: IncidentEvent): IncidentEventResponse {
    const { seq, type, actor, channel, accessKey } = event;
    return {
      seq,
      type,
      at: isoTime(event.at),
      actor,
      channel,
      access_key: accessKey?.name ?? null,
      access_key_id: accessKey?.id ?? null,
      ...('from' in event && { from: event.from, to: event.to }),
      ...('text' in event && { text: event.text }),
    };
  }
}
