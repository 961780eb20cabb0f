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

/** A new key and its secret, which is not stored and cannot be shown again. */
export interface IssuedAccessKey {
  readonly key: AccessKey;
  readonly secret: string;
}

/** The stored access keys. Each method is one transaction. */
export abstract class AccessKeyRepository {
  /**
   * Creates a key. Its name must have no active key.
   * @throws AccessKeyNameTaken
   */
  abstract issue(draft: AccessKeyDraft): Promise<IssuedAccessKey>;

  /**
   * Creates a second active key of the same name and rights as this one.
   * @throws AccessKeyNotFound, AccessKeyNotLive or AccessKeyInRotation.
   */
  abstract rotate(id: AccessKeyId, expiresAt: Date | undefined, at: Date): Promise<IssuedAccessKey>;

  /** Revokes a key; a revoked one stays as it is. Undefined where there is none. */
  abstract revoke(id: AccessKeyId, at: Date): Promise<AccessKey | undefined>;

  abstract find(id: AccessKeyId): Promise<AccessKey | undefined>;

  /** All keys, the revoked ones included, oldest first. */
  abstract all(): Promise<AccessKey[]>;
}
