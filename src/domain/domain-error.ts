/** The stable names of the domain's refusals. */
export type DomainErrorCode =
  | 'incident.not-found'
  | 'incident.illegal-transition'
  | 'incident.description-too-long'
  | 'incident.invalid-text'
  | 'incident.version-mismatch'
  | 'idempotency.key-reused'
  | 'idempotency.key-in-use'
  | 'access-key.not-found'
  | 'access-key.name-taken'
  | 'access-key.inactive'
  | 'access-key.in-rotation'
  | 'access-key.invalid-expiry'
  | 'quarantine.not-found'
  | 'quarantine.already-resolved'
  | 'quarantine.retry-failed'
  | 'feed.position-gone'
  | 'consumer.not-found'
  | 'consumer.owned-by-another'
  | 'consumer.limit-reached';

/** A refusal by the rules of the domain: it carries facts, and knows nothing of how it will be told. */
export abstract class DomainError extends Error {
  abstract readonly code: DomainErrorCode;

  /** The facts a caller needs to act on the refusal. */
  get facts(): Readonly<Record<string, unknown>> {
    return {};
  }
}
