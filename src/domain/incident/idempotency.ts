import { DomainError, type DomainErrorCode } from '../domain-error.js';

/**
 * What makes a request the same as an earlier one, however often it is sent
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
 */
export interface IdempotencyKey {
  /** Where the key counts: who asks for what. */
  readonly scope: string;
  /** The name that the client gave to its request. */
  readonly key: string;
  /** A digest of what is asked for, by which another request under the same key is seen. */
  readonly fingerprint: Buffer;
}

/** The key belongs to a request that asked for something else. */
export class IdempotencyKeyReused extends DomainError {
  readonly code = 'idempotency.key-reused';

  constructor() {
    super('The idempotency key belongs to an earlier request with another body or precondition.');
  }
}

/** The first request with the key is not done yet. */
export class IdempotencyKeyInUse extends DomainError {
  readonly code = 'idempotency.key-in-use';

  constructor() {
    super('A request with this idempotency key is still under way; try again later.');
  }
}

/** The refusal of an earlier request, told again to a repeat of it. */
export class ReplayedError extends DomainError {
  constructor(
    readonly code: DomainErrorCode,
    message: string,
    private readonly itsFacts: Readonly<Record<string, unknown>>,
  ) {
    super(message);
  }

  override get facts() {
    return this.itsFacts;
  }
}
