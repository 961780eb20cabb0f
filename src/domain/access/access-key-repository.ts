import type { AccessKey, AccessKeyId } from './access-key.js';
import type { Role } from './role.js';

/** A key to be created. */
export interface AccessKeyDraft {
  readonly name: string;
  readonly role: Role;
  readonly canImpersonate: boolean;
  readonly expiresAt: Date | undefined;
  readonly at: Date;
}

/** A new key and its secret, which is stored as a digest only. */
export interface IssuedAccessKey {
  readonly key: AccessKey;
  readonly secret: string;
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
   * @throws AccessKeyNotFound, AccessKeyInactive or AccessKeyInRotation.
   */
  abstract rotate(id: AccessKeyId, expiresAt: Date | undefined, at: Date): Promise<IssuedAccessKey>;

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
