import type { Role } from './role.js';
import type { SessionId } from './session.js';

export type AccessKeyId = number;

/** The name of the key in X_ACCESS_KEY; no other key may have it. */
export const ENVIRONMENT_KEY = 'admin';

/** Identifies a key. Its name alone does not: another key may get the name of a revoked one. */
export interface KeyReference {
  /** Undefined for the key in X_ACCESS_KEY. */
  readonly id: AccessKeyId | undefined;
  readonly name: string;
}

/** What a key allows. */
export interface KeyRights {
  readonly role: Role;
  /** Whether the key may name another actor and channel, as a bot does for its users. */
  readonly canImpersonate: boolean;
}

/** The verified key of a request; its name is the actor in the history. */
export interface Principal extends KeyReference, KeyRights {
  /**
   * Identifies the owner of data such as idempotency keys. A rotation does not change it, and no other key ever gets it,
   * whatever its name.
   */
  readonly principal: string;
  /** The session by which the key was verified; undefined for a request with the key itself. */
  readonly session?: PrincipalSession;
}

export interface PrincipalSession {
  readonly id: SessionId;
  /** When it ends at the latest. */
  readonly endsAt: Date;
}

/** The principal of the key in X_ACCESS_KEY; it stays when the secret changes. */
export const ENVIRONMENT_PRINCIPAL = 'key:environment';

/** The principal of a key. @param firstId of the key that was rotated first. */
export const principalOf = (firstId: AccessKeyId): string => `key:${firstId}`;

/** How a key signs requests. */
export type SignatureAlgorithm = 'hmac-sha256' | 'ed25519';

/** An access key without its secret. */
export interface AccessKey extends KeyReference, KeyRights {
  readonly id: AccessKeyId;
  /** Whether it is accepted only as the key of a signature. */
  readonly signedOnly: boolean;
  /** The 32 bytes of the Ed25519 key that verifies its signatures. Such a key has no secret. */
  readonly publicKey: Buffer | undefined;
  readonly createdAt: Date;
  /** Undefined for a key that never expires. */
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
  /** To the minute; undefined for a key that was never used. */
  readonly lastUsedAt: Date | undefined;
  /** Whether its senders have to sign their requests, where their channel has signatures. */
  readonly hasWebhookSecret: boolean;
}

/** Valid webhook secrets: visible ASCII, since senders and their forms agree on no encoding of others. */
export const WEBHOOK_SECRET = /^[!-~]{1,256}$/;

/** The rule of `WEBHOOK_SECRET`, as the predicate of a sentence. */
export const WEBHOOK_SECRET_RULE = 'must be 1 to 256 visible ASCII characters';

/** Valid names: they are written to the history, logs and metrics unescaped. */
export const KEY_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether the key is neither revoked nor expired. */
export function isActive({ expiresAt, revokedAt }: AccessKey, now: Date): boolean {
  return revokedAt === undefined && (expiresAt === undefined || expiresAt > now);
}
