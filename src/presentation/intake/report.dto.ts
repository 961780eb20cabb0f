import { Matches } from 'class-validator';
import type { IncidentSource } from '../../domain/incident/incident-source.js';
import { KEY, KEY_RULE } from '../http/headers/idempotency-key.js';
import { IDEMPOTENCY_KEY_SCHEMA } from '../http/openapi/header-documentation.js';
import { SOURCE_SCHEMA } from '../http/openapi/schemas.js';
import { Field, IsOneOf } from '../http/validation/fields.js';
import { IsDedupKey, IsText } from '../http/validation/text-fields.js';

/** A report, by REST, in a message and from every channel. */
export class ReportIncidentDto {
  /** What is broken: up to 10,000 characters, stored verbatim. */
  @IsText({ example: 'Самокат #42 оффлайн' })
  description: string;

  /** Who reports it. */
  @IsOneOf({ ...SOURCE_SCHEMA, example: 'monitoring' })
  source: IncidentSource;

  /**
   * Identifies the cause. While an incident with this key is not CLOSED, a further report creates no other one: it is counted
   * there, its text is added to the history, and a RESOLVED incident is reopened as IN_PROGRESS.
   */
  @IsDedupKey()
  dedup_key?: string;
}

/** A report as one line of a stream. */
export class ReportLineDto extends ReportIncidentDto {
  /** A line with a key takes effect once, however often it is sent: 1 to 255 visible ASCII characters. */
  @Field(
    { ...IDEMPOTENCY_KEY_SCHEMA, type: String, required: false, example: 'shift-7/42' },
    Matches(KEY, { message: `$property ${KEY_RULE}` }),
  )
  idempotency_key?: string;
}

/** The fields of a valid report, as the use case expects them. */
export function fieldsOf({ description, source, dedup_key: dedupKey }: ReportIncidentDto) {
  return { description, source, dedupKey };
}
