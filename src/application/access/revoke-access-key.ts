import { Injectable } from '@nestjs/common';
import type { AccessKey, AccessKeyId } from '../../domain/access/access-key.js';
import { AccessKeyNotFound } from '../../domain/access/access-key-errors.js';
import { AccessKeyRepository } from '../../domain/access/access-key-repository.js';
import { Clock } from '../operations/clock.js';

/** Revokes a key: all processes reject it within 5 s. */
@Injectable()
export class RevokeAccessKey {
  constructor(
    private readonly keys: AccessKeyRepository,
    private readonly clock: Clock,
  ) {}

  /** @throws AccessKeyNotFound */
  async execute(id: AccessKeyId): Promise<AccessKey> {
    const key = await this.keys.revoke(id, this.clock.now());
    if (!key) throw new AccessKeyNotFound(id);
    return key;
  }
}
