import { ApiProperty } from '@nestjs/swagger';
import type { SimilarIncident } from '../../../application/incident/similar-incidents.js';
import type { IncidentChannel } from '../../../domain/incident/incident-channel.js';
import type { IncidentSource } from '../../../domain/incident/incident-source.js';
import type { SimilarityReason } from '../../../domain/incident/similarity.js';
import { allowedFrom } from '../../../domain/incident/incident-state-machine.js';
import type { IncidentStatus } from '../../../domain/incident/incident-status.js';
import type { Incident } from '../../../domain/incident/incident.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import { shorten } from '../../../shared/shorten.js';
import { CHANNEL_SCHEMA } from '../../http/openapi/channel-documentation.js';
import {
  ID_SCHEMA,
  SIMILARITY_REASON_SCHEMA,
  SOURCE_SCHEMA,
  STATUS_SCHEMA,
  TIMESTAMP_SCHEMA,
} from '../../http/openapi/schemas.js';
import { ORIGIN_SCHEMA } from '../../http/validation/text-fields.js';

const timeOrNull = (at: Date | undefined) => (at ? isoTime(at) : null);

/** The longest excerpt of a description, in UTF-16 units. */
const MAX_EXCERPT_LENGTH = 200;

export class IncidentResponse {
  @ApiProperty(ID_SCHEMA)
  id: number;

  /** The `seq` of the last event of its history: 1 when it is reported, and one more for each change. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 })
  version: number;

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

  /** When its first report was stored. */
  @ApiProperty(TIMESTAMP_SCHEMA)
  created_at: string;

  /** When it was first reported, as the file says that it was imported from; in imported incidents only. */
  @ApiProperty({ ...TIMESTAMP_SCHEMA, required: false, example: '2024-05-01T10:00:00.000Z' })
  reported_at?: string;

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
      version: incident.version,
      description: incident.description,
      status: incident.status,
      allowed_statuses: allowedFrom(incident.status),
      source: incident.source,
      channel: incident.channel,
      created_at: isoTime(incident.createdAt),
      reported_at: incident.reportedAt && isoTime(incident.reportedAt),
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

  /** With the beginning of the description only, as a list shows it. */
  static excerptFrom(incident: Incident): IncidentResponse {
    const response = IncidentResponse.from(incident);
    const [firstLine] = /\S[^\r\n]*/.exec(incident.description)!;
    return Object.assign(response, { description: shorten(firstLine, MAX_EXCERPT_LENGTH) });
  }
}

/** An open incident that may have the same cause as another one. */
export class SimilarIncidentResponse extends IncidentResponse {
  /**
   * How similar their first reports are, from 0 to 1: that of the texts; increased by half of what is missing to 1 if both have the
   * same asset number, and halved if they have different ones.
   */
  @ApiProperty({ minimum: 0, maximum: 1, example: 0.86 })
  similarity: number;

  /** Why it is similar: both have the same asset number, such as `42` or `SC-1234`, or just similar texts. */
  @ApiProperty({ ...SIMILARITY_REASON_SCHEMA, example: 'asset_number' })
  matched_by: SimilarityReason;

  static ofSimilar({ incident, similarity, matchedBy }: SimilarIncident): SimilarIncidentResponse {
    return Object.assign(IncidentResponse.from(incident), {
      similarity: Number(similarity.toFixed(4)),
      matched_by: matchedBy,
    });
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
