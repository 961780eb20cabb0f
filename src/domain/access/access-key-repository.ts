import type { AccessKey, AccessKeyId } from './access-key.js';
import type { Role } from './role.js';

/** A key to be created. */
export interface AccessKeyDraft {
  readonly name: string;
  readonly role: Role;
  readonly canImpersonate: boolean;
  /** Whether the key is accepted only as the key of a signature; a key with a public key always is. */
  readonly signedOnly: boolean;
  /** The 32 bytes of an Ed25519 key; undefined for a key with a secret. */
  readonly publicKey: Buffer | undefined;
  readonly expiresAt: Date | undefined;
  readonly at: Date;
}

/** What differs between a key and the one that replaces it. */
export interface AccessKeyRotation {
  /** The 32 bytes of the new Ed25519 key; undefined for a new secret. */
  readonly publicKey: Buffer | undefined;
  readonly expiresAt: Date | undefined;
  readonly at: Date;
}

/** A new key and its secret, of which only a digest can be read without the configuration. */
export interface IssuedAccessKey {
  readonly key: AccessKey;
  /** Undefined for a key with a public key. */
  readonly secret: string | undefined;
}

/** The stored access keys. Each method is one transaction. */
export abstract class AccessKeyRepository {
  /**
   * Creates a key, if no active key has its name.
   * @throws AccessKeyNameTaken
   */
  abstract issue(draft: AccessKeyDraft): Promise<IssuedAccessKey>;

  /**
   * Creates a second active key with the name, rights and webhook secret of this one.
   * @throws AccessKeyNotFound, PublicKeyRequired, AccessKeyInactive or AccessKeyInRotation.
   */
  abstract rotate(id: AccessKeyId, rotation: AccessKeyRotation): Promise<IssuedAccessKey>;

  /** Revokes a key; a revoked one stays unchanged. Undefined if there is no such key. */
  abstract revoke(id: AccessKeyId, at: Date): Promise<AccessKey | undefined>;

  /**
   * Sets the secret with which senders sign their requests; undefined removes it.
   * @returns undefined if there is no such key.
   */
  abstract setWebhookSecret(id: AccessKeyId, secret: string | undefined): Promise<AccessKey | undefined>;

  abstract find(id: AccessKeyId): Promise<AccessKey | undefined>;

  /** All keys, the inactive ones too, oldest first. */
  abstract all(): Promise<AccessKey[]>;
}
