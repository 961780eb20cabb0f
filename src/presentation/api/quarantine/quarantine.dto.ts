import { isUtf8 } from 'node:buffer';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsString } from 'class-validator';
import type { IncidentChannel } from '../../../domain/incident/incident-channel.js';
import {
  type QuarantinedMessage,
  QUARANTINE_STATES,
  type QuarantineState,
} from '../../../domain/quarantine/quarantined-message.js';
import { ValidateWith } from '../../../config/validate-with.js';
import { MAX_TEXT_LENGTH } from '../../../domain/incident/incident-text.js';
import { CHANNEL_SCHEMA } from '../../http/openapi/channel-documentation.js';
import { TEXT_PATTERN } from '../../http/openapi/contract-patterns.js';
import { ID_SCHEMA } from '../../http/validation/id.pipe.js';
import { OptionalNotNull } from '../../http/validation/optional-not-null.js';
import { IsText } from '../../http/validation/is-text.js';
import { IsInteger } from '../../http/validation/query-rules.js';

const state = { enum: QUARANTINE_STATES, enumName: 'QuarantineState' };

/** The longest payload, in UTF-16 units: far more than an update of a messenger, and below what a body may have. */
const MAX_PAYLOAD_LENGTH = 60_000;

function payloadProblem(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return 'must be a string that is not empty';
  if (value.length > MAX_PAYLOAD_LENGTH) return `must be at most ${MAX_PAYLOAD_LENGTH} characters long`;
  return value.isWellFormed() ? undefined : 'must not contain a lone surrogate';
}

/** What a client could not bring into the register. */
export class QuarantineMessageDto {
  /** What was to be taken in, as it would have been sent to `POST /api/v1/incidents`; anything else cannot be tried again. */
  @ApiProperty({
    minLength: 1,
    maxLength: MAX_PAYLOAD_LENGTH / 2,
    example: '{"description": "Till 3 does not print", "source": "operator"}',
  })
  @ValidateWith('isPayload', payloadProblem)
  payload: string;

  /** Why it was not taken in. Of more than 1,000 characters, the first are kept. */
  @ApiProperty({
    minLength: 1,
    maxLength: MAX_TEXT_LENGTH,
    pattern: TEXT_PATTERN,
    example: 'the API has failed on it 5 times (500 service.internal-error)',
  })
  @IsText()
  reason: string;
}

export class QuarantineMessageResponse {
  /** What tells it from all else that came by the channel: the idempotency key. */
  @ApiProperty({ example: 'tg:-1001234567890:42' })
  reference: string;
}

export class QuarantineListQuery {
  /** Only what is in this state; `all` for whatever state. */
  @ApiProperty({ enum: [...QUARANTINE_STATES, 'all'], required: false })
  @IsIn([...QUARANTINE_STATES, 'all'])
  state: QuarantineState | 'all' = 'pending';

  /** Only what came by this channel. */
  @ApiProperty({ ...CHANNEL_SCHEMA, required: false })
  @OptionalNotNull()
  @IsString()
  channel?: IncidentChannel;

  /** Only what has an id above this one. */
  @IsInteger({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, format: 'int64' })
  after: number = 0;

  /** How many at most. */
  @IsInteger({ minimum: 1, maximum: 200 })
  limit: number = 50;
}

/** Something that came by a channel and was not taken in. */
export class QuarantinedResponse {
  @ApiProperty(ID_SCHEMA)
  id: number;

  @ApiProperty({ ...CHANNEL_SCHEMA, example: 'alertmanager' })
  channel: IncidentChannel;

  /** What tells it from all else that came by the channel: of a message from Kafka, topic, partition and offset. */
  @ApiProperty({ example: 'incidents.inbound-0-42' })
  reference: string;

  /** Why it was not taken in. */
  @ApiProperty({ example: 'The body is not valid JSON.' })
  reason: string;

  /** When it came. */
  @ApiProperty({ format: 'date-time', example: '2026-11-20T10:00:00.123Z' })
  received_at: string;

  @ApiProperty({ ...state, example: 'pending' })
  state: QuarantineState;

  /** How many bytes came; all of them are at its `payload`. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 12 })
  size: number;

  /** Its beginning, where it is text. */
  @ApiProperty({ type: String, nullable: true, example: '{"description' })
  excerpt: string | null;

  /** Who has ended its waiting. */
  @ApiProperty({ type: String, nullable: true, example: null })
  settled_by: string | null;

  /** When. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  settled_at: string | null;

  static from({
    id,
    channel,
    reference,
    reason,
    at,
    state,
    size,
    preview: beginning,
    resolution: settled,
  }: QuarantinedMessage) {
    return {
      id,
      channel,
      reference,
      reason,
      received_at: at.toISOString(),
      state,
      size,
      excerpt: textOf(beginning),
      settled_by: settled?.by ?? null,
      settled_at: settled?.at.toISOString() ?? null,
    } satisfies QuarantinedResponse;
  }
}

/** The bytes as text, without a last character that is cut; null where they are none. */
function textOf(bytes: Buffer): string | null {
  for (let length = bytes.length; length >= Math.max(bytes.length - 3, 0); length--) {
    if (isUtf8(bytes.subarray(0, length))) return bytes.toString('utf8', 0, length);
  }
  return null;
}
