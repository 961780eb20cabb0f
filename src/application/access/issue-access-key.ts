import { Injectable } from '@nestjs/common';
import { ENVIRONMENT_KEY } from '../../domain/access/access-key.js';
import { AccessKeyNameTaken, InvalidExpiry } from '../../domain/access/access-key-errors.js';
import {
  type AccessKeyDraft,
  AccessKeyRepository,
  type IssuedAccessKey,
} from '../../domain/access/access-key-repository.js';
import { Clock } from '../operations/clock.js';

export type IssueAccessKeyCommand = Omit<AccessKeyDraft, 'at'>;

/** Creates an access key. */
@Injectable()
export class IssueAccessKey {
  constructor(
    private readonly keys: AccessKeyRepository,
    private readonly clock: Clock,
  ) {}

  /** @throws AccessKeyNameTaken or InvalidExpiry. */
  async execute(command: IssueAccessKeyCommand): Promise<IssuedAccessKey> {
    const at = this.clock.now();
    if (command.expiresAt && command.expiresAt <= at) throw new InvalidExpiry();
    if (command.name === ENVIRONMENT_KEY) throw new AccessKeyNameTaken(command.name);
    return this.keys.issue({ ...command, at });
  }
}
