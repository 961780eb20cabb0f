import { ApiProperty } from '@nestjs/swagger';
import { IsIn, Matches } from 'class-validator';
import { ValidateWith } from '../../config/rules.js';
import { INCIDENT_SOURCES, type IncidentSource } from '../../domain/incident/incident-source.js';
import { MAX_TEXT_LENGTH } from '../../domain/incident/incident-text.js';
import { KEY, MAX_KEY_LENGTH } from '../http/headers/idempotency-key.js';
import { KEY_PATTERN, TEXT_PATTERN } from '../http/openapi/contract-patterns.js';
import { IsDedupKey, MAX_DEDUP_KEY_LENGTH } from '../http/validation/is-dedup-key.js';
import { IsText } from '../http/validation/is-text.js';
import { IsOrigin } from '../http/validation/is-origin.js';
import { OptionalNotNull } from '../http/validation/optional-not-null.js';

/** A report, by REST, in a message and from every channel. */
export class ReportIncidentDto {
  /** What is broken: up to 10,000 characters, stored verbatim. */
  @ApiProperty({
    minLength: 1,
    maxLength: MAX_TEXT_LENGTH,
    pattern: TEXT_PATTERN,
    example: 'Самокат #42 оффлайн',
  })
  @IsText()
  description: string;

  /** Who reports it. */
  @ApiProperty({ enum: INCIDENT_SOURCES, enumName: 'IncidentSource', example: 'monitoring' })
  @IsIn(INCIDENT_SOURCES)
  source: IncidentSource;

  /**
   * Identifies the cause. While an incident with this key is not CLOSED, a further report creates no other one: it is counted
   * there, its text is added to the history, and a RESOLVED incident is reopened as IN_PROGRESS.
   */
  @ApiProperty({
    type: String,
    required: false,
    minLength: 1,
    maxLength: MAX_DEDUP_KEY_LENGTH,
    pattern: TEXT_PATTERN,
    example: 'disk-full/db-1',
  })
  @OptionalNotNull()
  @IsDedupKey()
  dedup_key?: string;

  /** Whether it needs attention before others. */
  @ApiProperty({ type: Boolean, required: false, default: false, example: false })
  @OptionalNotNull()
  @ValidateWith('isBoolean', (value) => (typeof value === 'boolean' ? undefined : 'must be a boolean'))
  urgent?: boolean;

  /** Where it is reported, such as a message of a chat: the incident keeps that of its first report. */
  @IsOrigin()
  origin?: string;
}

/** A report as one line of a stream. */
export class ReportLineDto extends ReportIncidentDto {
  /** A line with a key takes effect once, however often it is sent: 1 to 255 visible ASCII characters. */
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

/** The fields of a valid report, as the use case expects them. */
export function fieldsOf({ description, source, dedup_key: dedupKey, urgent, origin }: ReportIncidentDto) {
  return { description, source, dedupKey, urgent, origin };
}
