import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, Matches, ValidateIf } from 'class-validator';
import {
  type AccessKey,
  KEY_NAME,
  WEBHOOK_SECRET,
  WEBHOOK_SECRET_RULE,
} from '../../../domain/access/access-key.js';
import type { IssuedAccessKey } from '../../../domain/access/access-key-repository.js';
import { parsePublicKey, PUBLIC_KEY_RULE } from '../../../domain/access/public-key.js';
import type { SignInToken } from '../../../domain/access/session.js';
import type { Role } from '../../../domain/access/role.js';
import {
  ID_SCHEMA,
  NAME_RULE,
  NAME_SCHEMA,
  ROLE_SCHEMA,
  TIMESTAMP_SCHEMA,
} from '../../http/openapi/schemas.js';
import { ValidateWith } from '../../../config/rules.js';
import { PUBLIC_KEY_PATTERN } from '../../http/openapi/contract-patterns.js';
import { Field, IsOneOf } from '../../http/validation/fields.js';
import { IsTimestamp } from '../../http/validation/is-timestamp.js';

const optionalTimestamp = { type: String, format: 'date-time', nullable: true } as const;

export class RotateAccessKeyDto {
  /** When the key expires: a date-time, or a date for its start in UTC. Never by default. */
  @IsTimestamp('2036-01-01')
  expires_at?: string;

  /** The Ed25519 key that verifies the signatures of the client: 32 bytes in base64, or PEM. The key then has no secret. */
  @Field(
    {
      type: String,
      required: false,
      pattern: PUBLIC_KEY_PATTERN,
      example: 'JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=',
    },
    ValidateWith('isPublicKey', (value) => (parsePublicKey(value) ? undefined : PUBLIC_KEY_RULE)),
  )
  public_key?: string;
}

export class ChangeAccessKeyDto {
  /**
   * The secret with which senders of the channels `grafana` and `sentry` sign their requests; a request without a valid signature is then
   * rejected there. 1 to 256 visible ASCII characters; null removes it. It is never returned.
   */
  @Field(
    { type: String, nullable: true, pattern: WEBHOOK_SECRET.source, example: 'a-long-random-text' },
    ValidateIf((_, value) => value !== null),
    Matches(WEBHOOK_SECRET, { message: `$property ${WEBHOOK_SECRET_RULE}, or null` }),
  )
  webhook_secret: string | null;
}

export class IssueAccessKeyDto extends RotateAccessKeyDto {
  /** The actor in the history. 1 to 64 letters, digits, dots, hyphens and underscores. */
  @Field({ ...NAME_SCHEMA, example: 'bot' }, Matches(KEY_NAME, { message: `$property ${NAME_RULE}` }))
  name: string;

  /** The permissions of the key. */
  @IsOneOf({ ...ROLE_SCHEMA, example: 'reporter' })
  role: Role;

  /** Whether the key may name another actor and channel in X-Actor and X-Channel, as a bot does for its users. */
  @Field({ type: Boolean, required: false, default: false, example: false }, IsBoolean())
  can_impersonate?: boolean;

  /**
   * Whether the key is accepted only with a signature, and never itself. A key with a public key always is.
   */
  @Field({ type: Boolean, required: false, default: false, example: false }, IsBoolean())
  signed_only?: boolean;
}

/** A key without its secret. */
export class AccessKeyResponse {
  @ApiProperty(ID_SCHEMA)
  id: number;

  @ApiProperty({ example: 'bot' })
  name: string;

  @ApiProperty({ ...ROLE_SCHEMA, example: 'reporter' })
  role: Role;

  /** Whether the key may name another actor and channel in X-Actor and X-Channel. */
  @ApiProperty({ example: false })
  can_impersonate: boolean;

  /** Whether the key is accepted only with a signature. */
  @ApiProperty({ example: false })
  signed_only: boolean;

  /** The 32 bytes of the Ed25519 key that verifies its signatures, in base64; null for a key with a secret. */
  @ApiProperty({ type: String, nullable: true, example: null })
  public_key: string | null;

  @ApiProperty(TIMESTAMP_SCHEMA)
  created_at: string;

  /** When it expires; null for never. */
  @ApiProperty(optionalTimestamp)
  expires_at: string | null;

  /** When it was revoked. */
  @ApiProperty(optionalTimestamp)
  revoked_at: string | null;

  /** When it was last used, to the minute. */
  @ApiProperty(optionalTimestamp)
  last_used_at: string | null;

  /** Whether senders have to sign their requests, where their channel has signatures. */
  @ApiProperty({ example: false })
  has_webhook_secret: boolean;

  static from(key: AccessKey): AccessKeyResponse {
    const { id, name, role, canImpersonate, signedOnly, publicKey } = key;
    const { createdAt, expiresAt, revokedAt, lastUsedAt, hasWebhookSecret } = key;
    return {
      id,
      name,
      role,
      can_impersonate: canImpersonate,
      signed_only: signedOnly,
      public_key: publicKey?.toString('base64') ?? null,
      created_at: createdAt.toISOString(),
      expires_at: expiresAt?.toISOString() ?? null,
      revoked_at: revokedAt?.toISOString() ?? null,
      last_used_at: lastUsedAt?.toISOString() ?? null,
      has_webhook_secret: hasWebhookSecret,
    };
  }
}

/** A new key. */
export class IssuedAccessKeyResponse extends AccessKeyResponse {
  /** What clients send as the access key, or sign with. It is shown only once. Null for a key with a public key. */
  @ApiProperty({ type: String, nullable: true, example: 'inc_1_8t1Rm0pXn3yQ2b6v9wZ4c7d0e5f8g1h2i3j4k5l6m7n' })
  secret: string | null;

  static issued({ key, secret }: IssuedAccessKey): IssuedAccessKeyResponse {
    return Object.assign(AccessKeyResponse.from(key), { secret: secret ?? null });
  }
}

/** A token that opens a session once. */
export class SignInTokenResponse {
  /** What `POST /api/v1/session` takes as `sign_in_token`. It is shown only once. */
  @ApiProperty({ example: 'o5f8g1h2i3j4k5l6m7n8t1Rm0pXn3yQ2b6v9wZ4c7d0' })
  token: string;

  @ApiProperty(TIMESTAMP_SCHEMA)
  expires_at: string;

  static from({ token, expiresAt }: SignInToken): SignInTokenResponse {
    return { token, expires_at: expiresAt.toISOString() };
  }
}
