import { ApiProperty } from '@nestjs/swagger';
import type { FeedConsumer } from '../../../application/feed/feed-consumers.js';
import { formatPosition } from '../../../domain/feed/feed-position.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import { TIMESTAMP_SCHEMA } from '../../http/openapi/schemas.js';
import { IsHolder, IsMetadata, METADATA_SCHEMA } from '../../http/validation/text-fields.js';
import { IsStart, POSITION_SCHEMA } from './feed-start.js';

export class StoreConsumerDto {
  /** The position up to which the consumer has read: a position, or before the `oldest` retained event, or the `latest` event. */
  @IsStart()
  position: string;

  /**
   * A text of the consumer's own, stored together with the position: what else it has to remember. Without it, the stored one is kept;
   * null removes it.
   */
  @IsMetadata()
  metadata?: string | null;

  /**
   * The instance of the program that reads for the consumer: a UUID of its own. For 30 s after it has stored a position, another holder
   * gets 409, so that of several instances one works, and another takes over from one that has died. Null ends that at once.
   */
  @IsHolder()
  holder?: string | null;
}

/** A named reader of the feed. */
export class ConsumerResponse {
  @ApiProperty({ example: 'mailer' })
  name: string;

  /** The position up to which it has read: send it as `after`. */
  @ApiProperty(POSITION_SCHEMA)
  position: string;

  /** A text of the consumer's own, stored with its position. */
  @ApiProperty({ ...METADATA_SCHEMA, type: String, nullable: true })
  metadata: string | null;

  /** The number of events that it has not read. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 0 })
  lag: number;

  /** The age of the oldest unread event, in seconds; 0 if there is none. */
  @ApiProperty({ minimum: 0, example: 0 })
  lag_seconds: number;

  @ApiProperty(TIMESTAMP_SCHEMA)
  created_at: string;

  /** When its position was last stored. */
  @ApiProperty({ format: 'date-time', example: '2026-11-20T10:05:00.456Z' })
  last_seen_at: string;

  static from(consumer: FeedConsumer): ConsumerResponse {
    return {
      name: consumer.name,
      position: formatPosition(consumer.position),
      metadata: consumer.metadata ?? null,
      lag: consumer.lag,
      lag_seconds: consumer.lagSeconds,
      created_at: isoTime(consumer.createdAt),
      last_seen_at: isoTime(consumer.lastSeenAt),
    };
  }
}
