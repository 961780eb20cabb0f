import { ApiProperty } from '@nestjs/swagger';
import type {
  IncidentEvent,
  IncidentEventType,
  ReminderPurpose,
} from '../../../domain/incident/incident-events.js';
import type { IncidentChannel } from '../../../domain/incident/incident-channel.js';
import type { IncidentSource } from '../../../domain/incident/incident-source.js';
import { allowedFrom } from '../../../domain/incident/incident-state-machine.js';
import type { IncidentStatus } from '../../../domain/incident/incident-status.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import type { Incident } from '../../../domain/incident/incident.js';
import { isoTime } from '../../../shared/iso-time.js';
import { CHANNEL_SCHEMA } from '../../http/openapi/channel-documentation.js';
import {
  EVENT_TYPE_SCHEMA,
  ID_SCHEMA,
  PURPOSE_SCHEMA,
  SOURCE_SCHEMA,
  STATUS_SCHEMA,
  TIMESTAMP_SCHEMA,
} from '../../http/openapi/schemas.js';
import { ORIGIN_SCHEMA, TEXT_SCHEMA } from '../../http/validation/text-fields.js';

const timeOrNull = (at: Date | undefined) => (at ? isoTime(at) : null);

export class IncidentResponse {
  @ApiProperty(ID_SCHEMA)
  id: number;

  /** The reported text, and a line for each text that was appended. */
  @ApiProperty({ minLength: 1, maxLength: 100_000, example: 'Самокат #42 оффлайн' })
  description: string;

  @ApiProperty({ ...STATUS_SCHEMA, example: 'NEW' })
  status: IncidentStatus;

  /** The statuses that it can reach by one transition; empty for a final status. */
  @ApiProperty({ ...STATUS_SCHEMA, isArray: true, example: ['IN_PROGRESS'] })
  allowed_statuses: readonly IncidentStatus[];

  @ApiProperty({ ...SOURCE_SCHEMA, example: 'monitoring' })
  source: IncidentSource;

  /** The channel of the first report. */
  @ApiProperty({ ...CHANNEL_SCHEMA, example: 'rest' })
  channel: IncidentChannel;

  /** When it was first reported. */
  @ApiProperty(TIMESTAMP_SCHEMA)
  created_at: string;

  /** When it was last changed. */
  @ApiProperty(TIMESTAMP_SCHEMA)
  updated_at: string;

  /** The deduplication key of its reports. */
  @ApiProperty({ type: String, nullable: true, example: null })
  dedup_key: string | null;

  /** The number of reports. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 })
  occurrences: number;

  /** When it was last reported. */
  @ApiProperty(TIMESTAMP_SCHEMA)
  last_seen_at: string;

  /** The closed incident that had the same deduplication key before. */
  @ApiProperty({ ...ID_SCHEMA, nullable: true, example: null })
  previous_id: number | null;

  /** Whether it needs attention before others. */
  @ApiProperty({ example: false })
  urgent: boolean;

  /** Who works on it; null for nobody. */
  @ApiProperty({ type: String, nullable: true, example: 'Анна' })
  assignee: string | null;

  /** When somebody first took it; null if nobody has. */
  @ApiProperty({ ...TIMESTAMP_SCHEMA, type: String, nullable: true })
  taken_at: string | null;

  /** When it was last resolved; null while it is open. */
  @ApiProperty({ ...TIMESTAMP_SCHEMA, type: String, nullable: true, example: null })
  resolved_at: string | null;

  /** When it was closed; null before that. */
  @ApiProperty({ ...TIMESTAMP_SCHEMA, type: String, nullable: true, example: null })
  closed_at: string | null;

  /** Where it was first reported, such as a message of a chat. */
  @ApiProperty({ ...ORIGIN_SCHEMA, type: String, nullable: true })
  origin: string | null;

  /** The incident that this one was marked as a duplicate of; null for none. */
  @ApiProperty({ ...ID_SCHEMA, nullable: true, example: null })
  duplicate_of: number | null;

  static from({ state: incident }: Incident): IncidentResponse {
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
      urgent: incident.urgent,
      assignee: incident.assignee ?? null,
      taken_at: timeOrNull(incident.takenAt),
      resolved_at: timeOrNull(incident.resolvedAt),
      closed_at: timeOrNull(incident.closedAt),
      origin: incident.origin ?? null,
      duplicate_of: incident.duplicateOf ?? null,
    };
  }
}

/** What a key that may report but not read gets of an incident to which others may have contributed: nothing that they wrote. */
export class IncidentReceiptResponse {
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 })
  id: number;

  @ApiProperty({ ...STATUS_SCHEMA, example: 'IN_PROGRESS' })
  status: IncidentStatus;

  /** The number of reports. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 2 })
  occurrences: number;

  static from({ state: { id, status, occurrences } }: Incident): IncidentReceiptResponse {
    return { id, status, occurrences };
  }
}

export class IncidentEventResponse {
  /** 1 for the first report, incremented by each change. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 2 })
  seq: number;

  @ApiProperty({ ...EVENT_TYPE_SCHEMA, example: 'status_changed' })
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
   * The name of the verified access key, whoever the actor is; null for messages from Kafka, which need none.
   */
  @ApiProperty({ type: String, nullable: true, example: 'admin' })
  access_key: string | null;

  /** The id of that key; null for the key in X_ACCESS_KEY too. */
  @ApiProperty({ type: 'integer', minimum: 1, nullable: true, example: null })
  access_key_id: number | null;

  /** The status before; in `status_changed` and `reopened` only. */
  @ApiProperty({ ...STATUS_SCHEMA, required: false, example: 'NEW' })
  from?: IncidentStatus;

  /** The status after; in `status_changed` and `reopened` only. */
  @ApiProperty({ ...STATUS_SCHEMA, required: false, example: 'IN_PROGRESS' })
  to?: IncidentStatus;

  /** The reported or appended text; in `reported`, `description_appended`, `duplicate_reported` and `reopened` only. */
  @ApiProperty({ ...TEXT_SCHEMA, required: false, example: 'Самокат #42 оффлайн' })
  text?: string;

  /** Who works on it now; in `assigned`, and in a `status_changed` by which somebody took it. */
  @ApiProperty({ type: String, required: false, example: 'Анна' })
  assignee?: string;

  /** Whether it is urgent now; in `urgency_changed`, and in `reported` if it was reported as urgent. */
  @ApiProperty({ required: false, example: true })
  urgent?: boolean;

  /** The incident that this one is a duplicate of; in `marked_as_duplicate` only. */
  @ApiProperty({ ...ID_SCHEMA, required: false, example: 17 })
  duplicate_of?: number;

  /** The incident that is a duplicate of this one, and counts here; in `duplicate_linked` only. */
  @ApiProperty({ ...ID_SCHEMA, required: false, example: 42 })
  duplicate_id?: number;
  /** What is asked for: to take the incident, or to say how it goes; in `reminded` and `escalated` only. */
  @ApiProperty({ ...PURPOSE_SCHEMA, required: false, example: 'take' })
  purpose?: ReminderPurpose;

  /** The number of the reminder since the incident began to wait for this; in `reminded` and `escalated` only. */
  @ApiProperty({ type: 'integer', minimum: 1, required: false, example: 1 })
  reminder_number?: number;

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
      ...('assignee' in event && { assignee: event.assignee }),
      ...('urgent' in event && { urgent: event.urgent }),
      ...('duplicateOf' in event && { duplicate_of: event.duplicateOf }),
      ...('duplicateId' in event && { duplicate_id: event.duplicateId }),
      ...('purpose' in event && { purpose: event.purpose, reminder_number: event.number }),
    };
  }
}

/** The same id in every page, stream and Kafka message. */
export const eventIdOf = (incidentId: IncidentId, { seq }: IncidentEvent): string => `${incidentId}-${seq}`;
