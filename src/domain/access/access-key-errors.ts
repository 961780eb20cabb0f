import { DomainError } from '../domain-error.js';
import type { AccessKeyId } from './access-key.js';

export class AccessKeyNotFound extends DomainError {
  /** @param id as in the request: numbers above 2^53 are passed as text. */
  constructor(id: AccessKeyId | string) {
    super('access-key.not-found', `There is no access key ${id}.`);
  }
}

/** An active key has this name. */
export class AccessKeyNameTaken extends DomainError {
  constructor(name: string) {
    super('access-key.name-taken', `An active key has the name ${name}; rotate it, or revoke it first.`);
  }
}

/** Only an active key can be rotated. */
export class AccessKeyInactive extends DomainError {
  constructor(id: AccessKeyId) {
    super('access-key.inactive', `The access key ${id} has expired or is revoked; create another one.`);
  }
}

/** Two keys of this name are active. */
export class AccessKeyInRotation extends DomainError {
  constructor(name: string) {
    super('access-key.in-rotation', `Two active keys have the name ${name}; revoke the old one first.`);
  }
}

export class InvalidExpiry extends DomainError {
  constructor() {
    super('access-key.invalid-expiry', 'expires_at must be in the future.');
  }
}

/** A key with a public key cannot be replaced by one with a secret, which its clients do not use. */
export class PublicKeyRequired extends DomainError {
  constructor(id: AccessKeyId) {
    super(
      'access-key.public-key-required',
      `The access key ${id} has a public key; send the public_key of the new one.`,
    );
  }
}

/** A key that is accepted only as the key of a signature was sent itself. */
export class SignatureRequired extends DomainError {
  constructor(name: string) {
    super(
      'access-key.signature-required',
      `The key ${name} is accepted only with a signature (RFC 9421): do not send the key, sign the request with it.`,
    );
  }
}

/** A session would do without signatures what the key may do only with them. */
export class AccessKeySignedOnly extends DomainError {
  constructor(id: AccessKeyId) {
    super(
      'access-key.signed-only',
      `The access key ${id} is accepted only with a signature: it opens no session.`,
    );
  }
}
