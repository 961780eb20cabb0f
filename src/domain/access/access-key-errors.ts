import { DomainError } from '../domain-error.js';
import type { AccessKeyId } from './access-key.js';

export class AccessKeyNotFound extends DomainError {
  readonly code = 'access-key.not-found';

  /** @param id as it was asked for: numbers past 2^53 arrive as text. */
  constructor(id: AccessKeyId | string) {
    super(`There is no access key ${id}.`);
  }
}

/** There is a live key of this name already. */
export class AccessKeyNameTaken extends DomainError {
  readonly code = 'access-key.name-taken';

  constructor(name: string) {
    super(`There is a key with the name ${name} already; rotate it, or revoke it first.`);
  }
}

/** A key that opens nothing any more has nothing to hand on. */
export class AccessKeyNotLive extends DomainError {
  readonly code = 'access-key.inactive';

  constructor(id: AccessKeyId) {
    super(`The access key ${id} has expired or is revoked: create another.`);
  }
}

/** Two keys of the name are live. */
export class AccessKeyInRotation extends DomainError {
  readonly code = 'access-key.in-rotation';

  constructor(name: string) {
    super(`There are two live keys with the name ${name}: revoke the old one first.`);
  }
}

export class InvalidExpiry extends DomainError {
  readonly code = 'access-key.invalid-expiry';

  constructor() {
    super('A key can expire in the future alone.');
  }
}
