import { DomainError } from '../domain-error.js';

/**
 * Identifies a request that may be sent several times
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
 */
export interface IdempotencyKey {
  /** Keys are unique within it: the principal and the operation. */
  readonly scope: string;
  /** The client's name of the request. */
  readonly key: string;
  /** A digest of the request, by which another request under the same key is detected. */
  readonly fingerprint: Buffer;
}

/** What a request is known by, whatever its body. */
export type RequestKey = Pick<IdempotencyKey, 'scope' | 'key'>;

/** The key belongs to a different request. */
export class IdempotencyKeyReused extends DomainError {
  constructor() {
    super(
      'idempotency.key-reused',
      'The idempotency key belongs to an earlier request with another body or precondition.',
    );
  }
}

/** The first request with the key has no result yet. */
export class IdempotencyKeyInUse extends DomainError {
  constructor() {
    super('idempotency.key-in-use', 'A request with this idempotency key is still in flight; retry later.');
  }
}

/** The rejection of an earlier request, replayed. */
export class ReplayedError extends DomainError {}
