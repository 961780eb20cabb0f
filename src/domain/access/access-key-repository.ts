import type { AccessKey, AccessKeyId } from './access-key.js';
import type { Role } from './role.js';

/** A key as it is wanted. */
export interface AccessKeyDraft {
  readonly name: string;
  readonly role: Role;
  readonly canImpersonate: boolean;
  readonly expiresAt: Date | undefined;
  readonly at: Date;
}

/** A new key and its secret, which nobody can tell again. */
export interface IssuedAccessKey {
  readonly key: AccessKey;
  readonly secret: string;
}

/** The keys that are kept. Each method is one transaction. */
export abstract class AccessKeyRepository {
  /**
   * Makes a key of a name that has no live key.
   * @throws AccessKeyNameTaken
   */
  abstract issue(draft: AccessKeyDraft): Promise<IssuedAccessKey>;

  /**
   * Makes a second live key of the same name and rights as this one.
   * @throws AccessKeyNotFound, AccessKeyNotLive or AccessKeyInRotation.
   */
  abstract rotate(id: AccessKeyId, expiresAt: Date | undefined, at: Date): Promise<IssuedAccessKey>;

  /** Ends a key for good; one that is revoked stays as it is. Undefined where there is none. */
  abstract revoke(id: AccessKeyId, at: Date): Promise<AccessKey | undefined>;

  abstract find(id: AccessKeyId): Promise<AccessKey | undefined>;

  /** All keys that there ever were, oldest first. */
  abstract all(): Promise<AccessKey[]>;
}
