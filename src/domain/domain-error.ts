/** The stable codes of the domain's errors. */
export type DomainErrorCode =
  | 'incident.not-found'
  | 'incident.illegal-transition'
  | 'incident.unexpected-status'
  | 'incident.closed'
  | 'incident.duplicate-cycle'
  | 'incident.already-duplicate'
  | 'incident.original-not-found'
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
  | 'access-key.public-key-required'
  | 'access-key.signature-required'
  | 'access-key.signed-only'
  | 'quarantine.not-found'
  | 'quarantine.already-resolved'
  | 'quarantine.retry-failed'
  | 'feed.position-gone'
  | 'consumer.not-found'
  | 'consumer.owned-by-another'
  | 'consumer.held-by-another'
  | 'consumer.limit-reached'
  | 'attachment.not-found'
  | 'attachment.file-too-large'
  | 'attachment.too-many-files'
  | 'attachment.limit-reached'
  | 'attachment.daily-limit-reached'
  | 'attachment.unreadable-image'
  | 'attachment.no-preview'
  | 'policy.not-found'
  | 'policy.limit-reached'
  | 'heartbeat.not-found'
  | 'import.in-progress'
  | 'import.other-settings'
  | 'import.unreadable-file';

/** A rejection by a rule of the domain. It has no knowledge of HTTP. */
export abstract class DomainError extends Error {
  /** @param facts what a caller needs to react. */
  constructor(
    readonly code: DomainErrorCode,
    message: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}
