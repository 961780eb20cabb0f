import { Injectable } from '@nestjs/common';
import type { AccessKey, AccessKeyId } from '../../domain/access/access-key.js';
import { AccessKeyNotFound } from '../../domain/access/access-key-errors.js';
import { AccessKeyRepository } from '../../domain/access/access-key-repository.js';

/** Lists all access keys, the inactive ones too, without their secrets. */
@Injectable()
export class ListAccessKeys {
  constructor(private readonly keys: AccessKeyRepository) {}

  all(): Promise<AccessKey[]> {
    return this.keys.all();
  }

  /** @throws AccessKeyNotFound */
  async one(id: AccessKeyId): Promise<AccessKey> {
    const key = await this.keys.find(id);
    if (!key) throw new AccessKeyNotFound(id);
    return key;
  }
}
