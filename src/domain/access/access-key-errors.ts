import { DomainError } from '../domain-error.js';
import type { AccessKeyId } from './access-key.js';

export class AccessKeyNotFound extends DomainError {
  readonly code = 'access-key.not-found';

  /** @param id as in the request: numbers above 2^53 are passed as text. */
  constructor(id: AccessKeyId | string) {
    super(`There is no access key ${id}.`);
  }
}

/** An active key has this name. */
export class AccessKeyNameTaken extends DomainError {
  readonly code = 'access-key.name-taken';

  constructor(name: string) {
    super(`An active key has the name ${name}; rotate it, or revoke it first.`);
  }
}

/** Only an active key can be rotated. */
export class AccessKeyInactive extends DomainError {
  readonly code = 'access-key.inactive';

  constructor(id: AccessKeyId) {
    super(`The access key ${id} has expired or is revoked; create another one.`);
  }
}

/** Two keys of this name are active. */
export class AccessKeyInRotation extends DomainError {
  readonly code = 'access-key.in-rotation';

  constructor(name: string) {
    super(`Two active keys have the name ${name}; revoke the old one first.`);
  }
}

export class InvalidExpiry extends DomainError {
  readonly code = 'access-key.invalid-expiry';

  constructor() {
    super('expires_at must be in the future.');
  }
}
