import { Injectable } from '@nestjs/common';
import { type AccessKey, type AccessKeyId, ENVIRONMENT_KEY } from '../../domain/access/access-key.js';
import {
  AccessKeyNameTaken,
  AccessKeyNotFound,
  InvalidExpiry,
} from '../../domain/access/access-key-errors.js';
import {
  type AccessKeyDraft,
  AccessKeyRepository,
  type AccessKeyRotation,
  type IssuedAccessKey,
} from '../../domain/access/access-key-repository.js';
import { Clock } from '../operations/clock.js';

/** Lists, issues, rotates and revokes access keys. */
@Injectable()
export class ManageAccessKeys {
  constructor(
    private readonly keys: AccessKeyRepository,
    private readonly clock: Clock,
  ) {}

  /** All access keys, the inactive ones too, without their secrets. */
  list(): Promise<AccessKey[]> {
    return this.keys.all();
  }

  /** @throws AccessKeyNotFound */
  async get(id: AccessKeyId): Promise<AccessKey> {
    return existing(id, await this.keys.find(id));
  }

  /** @throws AccessKeyNameTaken or InvalidExpiry. */
  async issue(draft: Omit<AccessKeyDraft, 'at'>): Promise<IssuedAccessKey> {
    const at = this.timeBefore(draft.expiresAt);
    if (draft.name === ENVIRONMENT_KEY) throw new AccessKeyNameTaken(draft.name);
    return this.keys.issue({ ...draft, at });
  }

  /**
   * Creates a second key of the same name and role; the old one stays active until it is revoked.
   * @throws AccessKeyNotFound, PublicKeyRequired, AccessKeyInactive, AccessKeyInRotation or InvalidExpiry.
   */
  async rotate(id: AccessKeyId, rotation: Omit<AccessKeyRotation, 'at'>): Promise<IssuedAccessKey> {
    return this.keys.rotate(id, { ...rotation, at: this.timeBefore(rotation.expiresAt) });
  }

  /** Revokes a key: all processes reject it within 5 s. @throws AccessKeyNotFound */
  async revoke(id: AccessKeyId): Promise<AccessKey> {
    return existing(id, await this.keys.revoke(id, this.clock.now()));
  }

  /**
   * Sets the secret with which senders sign their requests, and returns the key; undefined removes it. All processes use it within 5 s.
   * @throws AccessKeyNotFound
   */
  async setWebhookSecret(id: AccessKeyId, secret: string | undefined): Promise<AccessKey> {
    return existing(id, await this.keys.setWebhookSecret(id, secret));
  }

  /** The current time. @throws InvalidExpiry if the key would have expired already. */
  private timeBefore(expiresAt: Date | undefined): Date {
    const now = this.clock.now();
    if (expiresAt && expiresAt <= now) throw new InvalidExpiry();
    return now;
  }
}

/** @throws AccessKeyNotFound */
function existing(id: AccessKeyId, key: AccessKey | undefined): AccessKey {
  if (!key) throw new AccessKeyNotFound(id);
  return key;
}
