import { Injectable } from '@nestjs/common';
import type { AccessKeyId } from '../../domain/access/access-key.js';
import { InvalidExpiry } from '../../domain/access/access-key-errors.js';
import { AccessKeyRepository, type IssuedAccessKey } from '../../domain/access/access-key-repository.js';
import { Clock } from '../operations/clock.js';

/** Creates a second key of the same name and role; the old one stays active until it is revoked. */
@Injectable()
export class RotateAccessKey {
  constructor(
    private readonly keys: AccessKeyRepository,
    private readonly clock: Clock,
  ) {}

  /** @throws AccessKeyNotFound, AccessKeyInactive, AccessKeyInRotation or InvalidExpiry. */
  async execute(id: AccessKeyId, expiresAt: Date | undefined): Promise<IssuedAccessKey> {
    const at = this.clock.now();
    if (expiresAt && expiresAt <= at) throw new InvalidExpiry();
    return this.keys.rotate(id, expiresAt, at);
  }
}
