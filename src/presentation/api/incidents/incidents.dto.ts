import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn } from 'class-validator';
import type { IncidentFilters } from '../../../application/incident/incident-list.js';
import {
  INCIDENT_EVENT_TYPES,
  type IncidentEvent,
  type IncidentEventType,
} from '../../../domain/incident/incident-events.js';
import type { IncidentChannel } from '../../../domain/incident/incident-channel.js';
import { INCIDENT_SOURCES, type IncidentSource } from '../../../domain/incident/incident-source.js';
import {
  allowedFrom,
  TRANSITION_VIAS,
  type TransitionVia,
} from '../../../domain/incident/incident-state-machine.js';
import { INCIDENT_STATUSES, type IncidentStatus } from '../../../domain/incident/incident-status.js';
import { MAX_TEXT_LENGTH } from '../../../domain/incident/incident-text.js';
import type { Incident } from '../../../domain/incident/incident.js';
import { isoTime } from '../../../shared/iso-time.js';
import { AtLeastOne } from '../../http/validation/at-least-one.js';
import { CHANNEL_SCHEMA } from '../../http/openapi/channel-documentation.js';
import { TEXT_PATTERN } from '../../http/openapi/contract-patterns.js';
import { ID_SCHEMA } from '../../http/validation/id.pipe.js';
import { IsDedupKey, MAX_DEDUP_KEY_LENGTH } from '../../http/validation/is-dedup-key.js';
import { OptionalNotNull } from '../../http/validation/optional-not-null.js';
import { RequiresMember } from '../../http/validation/requires-member.js';
import { IsText } from '../../http/validation/is-text.js';
import { IsTimestamp } from '../../http/validation/is-timestamp.js';
import { parseTimestamp } from '../../http/validation/timestamps.js';
import { MAX_OFFSET } from '../../http/paging/pagination.js';
import { IsCursor, IsInteger, IsSearchText, toList } from '../../http/validation/query-rules.js';

const text = { minLength: 1, maxLength: MAX_TEXT_LENGTH, pattern: TEXT_PATTERN };
const status = { enum: INCIDENT_STATUSES, enumName: 'IncidentStatus' };
const source = { enum: INCIDENT_SOURCES, enumName: 'IncidentSource' };
const dedupKey = {
  type: String,
  minLength: 1,
  maxLength: MAX_DEDUP_KEY_LENGTH,
  pattern: TEXT_PATTERN,
  example: 'disk-full/db-1',
};
const timestamp = { format: 'date-time', example: '2026-11-20T10:00:00.123Z' };
const OFFSET_HINT = '; encode + as %2B';

/** How a change of status is made; both members require `status`. */
abstract class TransitionDto {
  /**
   * How to reach the status: by one transition, or by as few as it takes, each an event of the history. All of them are made,
   * or none. Requires `status`.
   */
  @ApiProperty({ enum: TRANSITION_VIAS, enumName: 'TransitionVia', required: false, default: 'direct' })
  @OptionalNotNull()
  @IsIn(TRANSITION_VIAS)
  @RequiresMember('status')
  via?: TransitionVia;

  /** Change the incident only while it has this status. Requires `status`. */
  @ApiProperty({ ...status, required: false, example: 'RESOLVED' })
  @OptionalNotNull()
  @IsIn(INCIDENT_STATUSES)
  @RequiresMember('status')
  from?: IncidentStatus;
}

export class ChangeStatusDto extends TransitionDto {
  /** The status to reach. */
  @ApiProperty({ ...status, example: 'IN_PROGRESS' })
  @IsIn(INCIDENT_STATUSES)
  status: IncidentStatus;
}

@AtLeastOne()
export class UpdateIncidentDto extends TransitionDto {
  /** The status to reach. */
  @ApiProperty({ ...status, required: false, example: 'IN_PROGRESS' })
  @OptionalNotNull()
  @IsIn(INCIDENT_STATUSES)
  status?: IncidentStatus;

  /** A text to append to the description, as a new line. */
  @ApiProperty({ ...text, required: false, example: 'Выехал механик' })
  @OptionalNotNull()
  @IsText()
  description_append?: string;
}

export class ListIncidentsQuery {
  /** Only incidents with one of these statuses; comma-separated, or repeated. */
  @ApiProperty({ ...status, isArray: true, minItems: 1, required: false })
  @OptionalNotNull()
  @Transform(toList)
  @IsIn(INCIDENT_STATUSES, { each: true })
  status?: IncidentStatus[];

  /** Only incidents from one of these sources; comma-separated, or repeated. */
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

  /** Only incidents reported at this time or later. A date stands for its start in UTC. */
  @IsTimestamp('2026-01-01T00:00:00Z', OFFSET_HINT)
  created_from?: string;

  /** Only incidents reported before this time. A date stands for its start in UTC. */
  @IsTimestamp('2036-01-01', OFFSET_HINT)
  created_to?: string;

  /** Only incidents whose description contains this text, in any language and case: at least two characters. */
  @IsSearchText('самокат')
  q?: string;

  /** Newest first (`-created_at`) or oldest first (`created_at`). */
  @ApiProperty({ enum: ['-created_at', 'created_at'], required: false })
  @IsIn(['-created_at', 'created_at'])
  sort: '-created_at' | 'created_at' = '-created_at';

  /** The maximum number of incidents. A page ends earlier if its descriptions exceed 4 MiB; `next` continues it. */
  @IsInteger({ minimum: 1, maximum: 200 })
  limit: number = 50;

  /** The number of incidents to skip. The links of the answer go further, by `cursor`. */
  @IsInteger({ minimum: 0, maximum: MAX_OFFSET, default: 0 })
  @OptionalNotNull()
  offset?: number;

  /** The cursor of a page, from a link. Stays correct while incidents arrive; needs the same `sort`, and no `offset`. */
  @IsCursor()
  cursor?: string;
}

/** The filters in the query parameters of a list. */
export function filtersOf(query: ListIncidentsQuery): IncidentFilters {
  return {
    statuses: query.status,
    sources: query.source,
    dedupKey: query.dedup_key,
    createdFrom: parseTimestamp(query.created_from),
    createdTo: parseTimestamp(query.created_to),
  } satisfies Record<keyof IncidentFilters, unknown>;
}

export class IncidentByKeyQuery {
  /** The channel of the report: REST with this access key, or a message from Kafka. */
  @ApiProperty({ enum: ['rest', 'kafka'], required: false })
  @IsIn(['rest', 'kafka'])
  channel: 'rest' | 'kafka' = 'rest';
}

export class IncidentHistoryQuery {
  /** Only events with a greater seq. */
  @IsInteger({ minimum: 0, maximum: 2_147_483_647 })
  after: number = 0;

  /** The maximum number of events. */
  @IsInteger({ minimum: 1, maximum: 200 })
  limit: number = 50;
}

export class IncidentResponse {
  @ApiProperty(ID_SCHEMA)
  id: number;

  /** The reported text, and a line for each text that was appended. */
  @ApiProperty({ minLength: 1, maxLength: 100_000, example: 'Самокат #42 оффлайн' })
  description: string;

  @ApiProperty({ ...status, example: 'NEW' })
  status: IncidentStatus;

  /** The statuses that it can reach by one transition; empty for a final status. */
  @ApiProperty({ ...status, isArray: true, example: ['IN_PROGRESS'] })
  allowed_statuses: readonly IncidentStatus[];

  @ApiProperty({ ...source, example: 'monitoring' })
  source: IncidentSource;

  /** The channel of the first report. */
  @ApiProperty({ ...CHANNEL_SCHEMA, example: 'rest' })
  channel: IncidentChannel;

  /** When it was first reported. */
  @ApiProperty(timestamp)
  created_at: string;

  /** When it was last changed. */
  @ApiProperty(timestamp)
  updated_at: string;

  /** The deduplication key of its reports. */
  @ApiProperty({ type: String, nullable: true, example: null })
  dedup_key: string | null;

  /** The number of reports. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 })
  occurrences: number;

  /** When it was last reported. */
  @ApiProperty(timestamp)
  last_seen_at: string;

  /** The closed incident that had the same deduplication key before. */
  @ApiProperty({ ...ID_SCHEMA, nullable: true, example: null })
  previous_id: number | null;

  static from(incident: Incident): IncidentResponse {
    return {
      id: incident.id,
      description: incident.description,
      status: incident.status,
      allowed_statuses: allowedFrom(incident.status),
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

/** What a key that may report but not read gets of an incident to which others may have contributed: nothing that they wrote. */
export class IncidentReceiptResponse {
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 })
  id: number;

  @ApiProperty({ ...status, example: 'IN_PROGRESS' })
  status: IncidentStatus;

  /** The number of reports. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 2 })
  occurrences: number;

  static from({ id, status, occurrences }: Incident): IncidentReceiptResponse {
    return { id, status, occurrences };
  }
}

export class IncidentEventResponse {
  /** 1 for the first report, incremented by each change. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 2 })
  seq: number;

  @ApiProperty({ enum: INCIDENT_EVENT_TYPES, enumName: 'IncidentEventType', example: 'status_changed' })
  type: IncidentEventType;

  @ApiProperty({ format: 'date-time', example: '2026-11-20T10:05:00.456Z' })
  at: string;

  /** The name of the access key, or the actor that it named in X-Actor. */
  @ApiProperty({ example: 'admin' })
  actor: string;

  /** The channel of the request. */
  @ApiProperty({ ...CHANNEL_SCHEMA, example: 'rest' })
  channel: IncidentChannel;

  /**
   * The name of the verified access key, whoever the actor is; null for messages from Kafka, which need none, and in events
   * from before it was recorded.
   */
  @ApiProperty({ type: String, nullable: true, example: 'admin' })
  access_key: string | null;

  /** The id of that key; null for the key in X_ACCESS_KEY too. */
  @ApiProperty({ type: 'integer', minimum: 1, nullable: true, example: null })
  access_key_id: number | null;

  /** The status before; in `status_changed` and `reopened` only. */
  @ApiProperty({ ...status, required: false, example: 'NEW' })
  from?: IncidentStatus;

  /** The status after; in `status_changed` and `reopened` only. */
  @ApiProperty({ ...status, required: false, example: 'IN_PROGRESS' })
  to?: IncidentStatus;

  /** The reported or appended text; in all but `status_changed`. */
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
