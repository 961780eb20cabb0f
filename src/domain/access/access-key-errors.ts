import { DomainError } from '../domain-error.js';
import type { AccessKeyId } from './access-key.js';

export class AccessKeyNotFound extends DomainError {
  readonly code = 'access-key.not-found';

  /** @param id a text where the request has a number past 2^53. */
  constructor(id: AccessKeyId | string) {
    super(`There is no access key ${id}.`);
  }
}

/** An active key has this name. */
export class AccessKeyNameTaken extends DomainError {
  readonly code = 'access-key.name-taken';

  constructor(name: string) {
    super(`A key named ${name} already exists: rotate it, or revoke it first.`);
  }
}

/** The key has expired or is revoked, and cannot be rotated. */
export class AccessKeyInactive extends DomainError {
  readonly code = 'access-key.inactive';

  constructor(id: AccessKeyId) {
    super(`The access key ${id} has expired or is revoked: create a new one.`);
  }
}

/** Two keys of this name are active already. */
export class AccessKeyInRotation extends DomainError {
  readonly code = 'access-key.in-rotation';

  constructor(name: string) {
    super(`Two active keys are named ${name}: revoke the old one first.`);
  }
}

export class InvalidExpiry extends DomainError {
  readonly code = 'access-key.invalid-expiry';

  constructor() {
    super('expires_at must be in the future.');
  }
}
