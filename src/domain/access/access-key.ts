import type { Role } from './role.js';

export type AccessKeyId = number;

/** The name of the key that the environment gives, which no other key may have. */
export const ENVIRONMENT_KEY = 'admin';

/** Who is let in: the name stands in the history as the actor. */
export interface KeyHolder {
  readonly name: string;
  readonly role: Role;
  /** Whether it is believed who it says did something, as of a bot that speaks for many. */
  readonly actsForOthers: boolean;
}

/** A key that opens the service, without its secret. */
export interface AccessKey extends KeyHolder {
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
