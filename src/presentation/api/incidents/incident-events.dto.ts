import { ApiProperty } from '@nestjs/swagger';
import type { AttachedFile } from '../../../domain/attachments/attachment.js';
import type { IncidentChannel } from '../../../domain/incident/incident-channel.js';
import type {
  IncidentEvent,
  IncidentEventType,
  ReminderPurpose,
} from '../../../domain/incident/incident-events.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import type { IncidentStatus } from '../../../domain/incident/incident-status.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import { CHANNEL_SCHEMA } from '../../http/openapi/channel-documentation.js';
import { EVENT_TYPE_SCHEMA, ID_SCHEMA, PURPOSE_SCHEMA, STATUS_SCHEMA } from '../../http/openapi/schemas.js';
import { TEXT_SCHEMA } from '../../http/validation/text-fields.js';

export class AttachedFileResponse {
  /** The number of the attachment in its incident. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 })
  number: number;

  /** The name that the sender gave the file, without directories and invisible characters. */
  @ApiProperty({ minLength: 1, maxLength: 255, example: 'касса.jpg' })
  name: string;

  /** As detected from the bytes; `application/octet-stream` for a type that is not known. */
  @ApiProperty({ example: 'image/jpeg' })
  content_type: string;

  /** In bytes, as it is stored. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 123_456 })
  size: number;

  static from({ number, name, contentType, size }: AttachedFile): AttachedFileResponse {
    return { number, name, content_type: contentType, size };
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

  /** When it was reported, as the file says that it was imported from; in imported reports only. */
  @ApiProperty({ format: 'date-time', required: false, example: '2024-05-01T10:00:00.000Z' })
  reported_at?: string;

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

  /** The file; in `attached` only. */
  @ApiProperty({ required: false })
  attachment?: AttachedFileResponse;

  static from(event: IncidentEvent): IncidentEventResponse {
    const { seq, type, actor, channel, accessKey } = event;
    return {
      seq,
      type,
      at: isoTime(event.at),
      reported_at: event.reportedAt && isoTime(event.reportedAt),
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
      ...('attachment' in event && { attachment: AttachedFileResponse.from(event.attachment) }),
    };
  }
}

/** The same id in every page, stream and Kafka message. */
export const eventIdOf = (incidentId: IncidentId, { seq }: IncidentEvent): string => `${incidentId}-${seq}`;
