import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import type { Principal } from '../../../domain/access/access-key.js';
import { type Permission, PERMISSION_NAMES, permissionsOf, type Role } from '../../../domain/access/role.js';
import { ID_SCHEMA, ROLE_SCHEMA, TIMESTAMP_SCHEMA } from '../../http/openapi/schemas.js';
import { AtLeastOne } from '../../http/validation/at-least-one.js';
import { ExcludesMembers, Field } from '../../http/validation/fields.js';

const SECRET = /^[\x21-\x7e]{1,256}$/;

const secretField = (example: string, ...rules: PropertyDecorator[]) =>
  Field(
    { type: String, required: false, minLength: 1, maxLength: 256, pattern: '^[\\x21-\\x7e]+$', example },
    Matches(SECRET, { message: '$property must be 1 to 256 visible ASCII characters' }),
    ...rules,
  );

/** Either an access key or a sign-in token. */
@AtLeastOne()
export class SignInDto {
  /** The access key whose session it is to be. */
  @secretField('inc_1_8t1Rm0pXn3yQ2b6v9wZ4c7d0e5f8g1h2i3j4k5l6m7n')
  access_key?: string;

  /** A token that an administrator has created for a key; it can be used once. Without `access_key`. */
  @secretField('o5f8g1h2i3j4k5l6m7n8t1Rm0pXn3yQ2b6v9wZ4c7d0', ExcludesMembers('access_key'))
  sign_in_token?: string;
}

/** Who is signed in. */
export class SessionResponse {
  /** The name of the access key, which is the actor in the history. */
  @ApiProperty({ example: 'Anna' })
  name: string;

  /** The id of the access key; null for a key of the environment. */
  @ApiProperty({ ...ID_SCHEMA, nullable: true })
  key_id: number | null;

  @ApiProperty({ ...ROLE_SCHEMA, example: 'operator' })
  role: Role;

  /** What the role allows. */
  @ApiProperty({ enum: PERMISSION_NAMES, enumName: 'Permission', isArray: true, example: ['report', 'read'] })
  permissions: Permission[];

  /** Whether the key may name another actor and channel in X-Actor and X-Channel. */
  @ApiProperty({ example: false })
  can_impersonate: boolean;

  /** When the session ends at the latest; null for a request with an access key. */
  @ApiProperty({ type: String, ...TIMESTAMP_SCHEMA, nullable: true })
  expires_at: string | null;

  static from({ id, name, role, canImpersonate, session }: Principal): SessionResponse {
    return {
      name,
      key_id: id ?? null,
      role,
      permissions: [...permissionsOf(role)],
      can_impersonate: canImpersonate,
      expires_at: session?.endsAt.toISOString() ?? null,
    };
  }
}

export class SignInOptionsResponse {
  /** The well-known access key of a service in development on this machine; null in production. */
  @ApiProperty({ type: String, nullable: true, example: null })
  development_key: string | null;
}
