import { ApiProperty } from '@nestjs/swagger';
import type { Attachment } from '../../../domain/attachments/attachment.js';
import { isPhoto } from '../../../domain/attachments/content-types.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import { CHANNEL_SCHEMA } from '../../http/openapi/channel-documentation.js';
import { TIMESTAMP_SCHEMA } from '../../http/openapi/schemas.js';
import { Field } from '../../http/validation/fields.js';
import { ValidateWith } from '../../../config/rules.js';
import { Transform } from 'class-transformer';
import { AttachedFileResponse } from '../incidents/incident-events.dto.js';

/** The sizes of previews, in pixels: a few, since each is made and cached. */
export const PREVIEW_SIZES = [640] as const;

export class AttachmentResponse extends AttachedFileResponse {
  /** SHA-256 of the bytes, in hexadecimal. */
  @ApiProperty({
    pattern: '^[0-9a-f]{64}$',
    example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  })
  sha256: string;

  /** When it was attached. */
  @ApiProperty(TIMESTAMP_SCHEMA)
  at: string;

  /** Who attached it: the name of the access key, or the actor that it named in X-Actor. */
  @ApiProperty({ example: 'admin' })
  actor: string;

  /** The channel of the request. */
  @ApiProperty({ ...CHANNEL_SCHEMA, example: 'rest' })
  channel: string;

  /** Whether there is a smaller image, by `preview`. */
  @ApiProperty({ example: true })
  has_preview: boolean;

  static of(attachment: Attachment): AttachmentResponse {
    const { sha256, at, actor, channel, contentType } = attachment;
    return Object.assign(AttachedFileResponse.from(attachment), {
      sha256: sha256.toString('hex'),
      at: isoTime(at),
      actor,
      channel,
      has_preview: isPhoto(contentType),
    });
  }
}

/** The query of a file. */
export class AttachmentQuery {
  /** Get a smaller image as WebP instead, that fits into a square of so many pixels. */
  @Field(
    { type: 'integer', enum: [...PREVIEW_SIZES], required: false, example: 640 },
    Transform(({ value }: { value: unknown }) => (value === '640' ? 640 : value)),
    ValidateWith('isPreviewSize', (value) =>
      PREVIEW_SIZES.some((size) => size === value) ? undefined : `must be ${PREVIEW_SIZES.join(' or ')}`,
    ),
  )
  preview?: number;
}
