import { isUtf8 } from 'node:buffer';
import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import type { IncidentChannel } from '../../../domain/incident/incident-channel.js';
import {
  type QuarantinedMessage,
  QUARANTINE_STATES,
  type QuarantineState,
} from '../../../domain/quarantine/quarantined-message.js';
import { ValidateWith } from '../../../config/rules.js';
import { CHANNEL_SCHEMA } from '../../http/openapi/channel-documentation.js';
import { ID_SCHEMA, TIMESTAMP_SCHEMA } from '../../http/openapi/schemas.js';
import { Field, IsInteger, IsOneOf } from '../../http/validation/fields.js';
import { IsText } from '../../http/validation/text-fields.js';

const state = { enum: QUARANTINE_STATES, enumName: 'QuarantineState' };

/** In UTF-16 units: far more than an update of a messenger, and below the limit of a request body. */
const MAX_PAYLOAD_LENGTH = 60_000;

function payloadError(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return 'must be a non-empty string';
  if (value.length > MAX_PAYLOAD_LENGTH) return `must be at most ${MAX_PAYLOAD_LENGTH} characters long`;
  return value.isWellFormed() ? undefined : 'must not contain a lone surrogate';
}

/** A message that a client could not report. */
export class QuarantineMessageDto {
  /** The report, as the body of `POST /api/v1/incidents`; any other payload cannot be retried. */
  @Field(
    {
      minLength: 1,
      maxLength: MAX_PAYLOAD_LENGTH / 2,
      example: '{"description": "Till 3 does not print", "source": "operator"}',
    },
    ValidateWith('isPayload', payloadError),
  )
  payload: string;

  /** Why the client could not report it; truncated to 1,000 characters. */
  @IsText({ example: 'the API has failed on it 5 times (500 service.internal-error)' })
  reason: string;
}

export class QuarantineReceiptResponse {
  /** Identifies the message within its channel: the idempotency key. */
  @ApiProperty({ example: 'tg:-1001234567890:42' })
  reference: string;
}

export class QuarantineListQuery {
  /** Only messages in this state; `all` for any state. */
  @IsOneOf({ enum: [...QUARANTINE_STATES, 'all'], required: false })
  state: QuarantineState | 'all' = 'pending';

  /** Only messages of this channel. */
  @Field({ ...CHANNEL_SCHEMA, required: false }, IsString())
  channel?: IncidentChannel;

  /** Only messages with a larger id. */
  @IsInteger({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, format: 'int64' })
  after: number = 0;

  /** The maximum number of messages. */
  @IsInteger({ minimum: 1, maximum: 200 })
  limit: number = 50;
}

/** A quarantined message. */
export class QuarantinedResponse {
  @ApiProperty(ID_SCHEMA)
  id: number;

  @ApiProperty({ ...CHANNEL_SCHEMA, example: 'alertmanager' })
  channel: IncidentChannel;

  /** Identifies the message within its channel: for Kafka, by topic, partition and offset. */
  @ApiProperty({ example: 'incidents.inbound-0-42' })
  reference: string;

  /** Why the message was rejected. */
  @ApiProperty({ example: 'The body is not valid JSON.' })
  reason: string;

  /** When the message was received. */
  @ApiProperty(TIMESTAMP_SCHEMA)
  received_at: string;

  @ApiProperty({ ...state, example: 'pending' })
  state: QuarantineState;

  /** The size of the payload in bytes. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 12 })
  size: number;

  /** The start of the payload if it is text; otherwise null. */
  @ApiProperty({ type: String, nullable: true, example: '{"description' })
  preview: string | null;

  /** Who retried or dismissed the message; null while it is pending. */
  @ApiProperty({ type: String, nullable: true, example: null })
  resolved_by: string | null;

  /** When the message was retried or dismissed; null while it is pending. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  resolved_at: string | null;

  static from({ id, channel, reference, reason, at, state, size, preview, resolution }: QuarantinedMessage) {
    return {
      id,
      channel,
      reference,
      reason,
      received_at: at.toISOString(),
      state,
      size,
      preview: textOf(preview),
      resolved_by: resolution?.by ?? null,
      resolved_at: resolution?.at.toISOString() ?? null,
    } satisfies QuarantinedResponse;
  }
}

/** The bytes as text, without a truncated last character; null if they are not text. */
function textOf(bytes: Buffer): string | null {
  for (let length = bytes.length; length >= Math.max(bytes.length - 3, 0); length--) {
    if (isUtf8(bytes.subarray(0, length))) return bytes.toString('utf8', 0, length);
  }
  return null;
}
