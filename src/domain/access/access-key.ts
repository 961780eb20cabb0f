import type { Role } from './role.js';

export type AccessKeyId = number;

/** The name of the environment's key, which no other key may have. */
export const ENVIRONMENT_KEY = 'admin';

/** A key's identity. The name is not enough: after a key is revoked, another one may get its name. */
export interface KeyReference {
  /** Undefined for the key of the environment. */
  readonly id: AccessKeyId | undefined;
  readonly name: string;
}

interface KeyRights {
  readonly role: Role;
  /** Whether its requests may name another actor, as those of a bot do. */
  readonly canImpersonate: boolean;
}

/** The authenticated sender of a request; its name is the actor in the history. */
export interface Principal extends KeyReference, KeyRights {
  /**
   * Identifies the owner of idempotency keys and quotas. A rotation does not change it, and no other key ever gets it,
   * whatever its name.
   */
  readonly principal: string;
}

/** The principal of the environment's key; it stays when X_ACCESS_KEY changes. */
export const ENVIRONMENT_PRINCIPAL = 'key:environment';

/** The principal of a key. @param firstId of the first key in its chain of rotations. */
export const principalOf = (firstId: AccessKeyId): string => `key:${firstId}`;

/** An access key, without its secret. */
export interface AccessKey extends KeyReference, KeyRights {
  readonly id: AccessKeyId;
  readonly createdAt: Date;
  /** From then on it is rejected; undefined for never. */
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
  /** When it was last used, to the minute; undefined where it never was. */
  readonly lastUsedAt: Date | undefined;
}

/** Names are part of the history, of logs and of metrics, without escaping. */
export const KEY_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether the key is accepted at this moment. */
export function isLive({ expiresAt, revokedAt }: AccessKey, now: Date): boolean {
  return revokedAt === undefined && (expiresAt === undefined || expiresAt > now);
}
