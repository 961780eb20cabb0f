/** The stable names of the domain's refusals. */
export type DomainErrorCode =
  | 'incident.not-found'
  | 'incident.illegal-transition'
  | 'incident.description-full'
  | 'incident.invalid-text'
  | 'incident.version-mismatch'
  | 'idempotency.key-reused'
  | 'idempotency.key-in-use';

/** A refusal by the rules of the register: it carries facts, and knows nothing of how it will be told. */
export abstract class DomainError extends Error {
  abstract readonly code: DomainErrorCode;

  /** The facts a caller needs to act on the refusal. */
  get facts(): Readonly<Record<string, unknown>> {
    return {};
  }
}
