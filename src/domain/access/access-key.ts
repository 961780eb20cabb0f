import type { Role } from './role.js';

export type AccessKeyId = number;

/** The name of the key that the environment gives, which no other key may have. */
export const ENVIRONMENT_KEY = 'admin';

/** Which key it is. A name alone does not say it: after a key is revoked, another one may get its name. */
export interface KeyReference {
  /** Undefined for the key of the environment. */
  readonly id: AccessKeyId | undefined;
  readonly name: string;
}

interface KeyRights {
  readonly role: Role;
  /** Whether it is believed who it says did something, as of a bot that speaks for many. */
  readonly canImpersonate: boolean;
}

/** Who is let in: the name stands in the history as the actor. */
export interface Principal extends KeyReference, KeyRights {
  /**
   * What the holder's own data is stored under. A rotation does not change it, and no other key ever gets it, whatever
   * its name.
   */
  readonly principal: string;
}

/** What the data of the environment's key is stored under; it stays when X_ACCESS_KEY changes. */
export const ENVIRONMENT_PRINCIPAL = 'key:environment';

/** What the data of a key is stored under. @param firstId of the key that its rotations began with. */
export const principalOf = (firstId: AccessKeyId): string => `key:${firstId}`;

/** A key that opens the service, without its secret. */
export interface AccessKey extends KeyReference, KeyRights {
  readonly id: AccessKeyId;
  readonly createdAt: Date;
  /** From when on it opens nothing; undefined for never. */
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
  /** When it was last let in, to the minute; undefined where it never was. */
  readonly lastUsedAt: Date | undefined;
}

/** Names go into the history, into logs and into metrics as they are. */
export const KEY_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether the key opens the service at this moment. */
export function isLive({ expiresAt, revokedAt }: AccessKey, now: Date): boolean {
  return revokedAt === undefined && (expiresAt === undefined || expiresAt > now);
}
