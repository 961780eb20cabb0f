import { DomainError } from '../domain-error.js';
import type { IncidentStatus } from './incident-status.js';

export class IncidentNotFound extends DomainError {
  readonly code = 'incident.not-found';

  /** @param id a text where the request has a number past 2^53. */
  constructor(id: number | string) {
    super(`There is no incident ${id}.`);
  }
}

/** No request with this idempotency key has created or changed an incident, or its record has expired. */
export class IncidentOfRequestNotFound extends DomainError {
  readonly code = 'incident.not-found';

  constructor(key: string) {
    super(`No incident was found by the idempotency key ${key}.`);
  }
}

export class IllegalTransition extends DomainError {
  readonly code = 'incident.illegal-transition';

  constructor(
    readonly current: IncidentStatus,
    readonly requested: IncidentStatus,
    readonly allowed: readonly IncidentStatus[],
  ) {
    super(
      `An incident that is ${current} cannot become ${requested}; ` +
        (allowed.length > 0 ? `it can become ${allowed.join(' or ')}.` : 'it stays as it is.'),
    );
  }

  override get facts() {
    return { current: this.current, requested: this.requested, allowed: this.allowed };
  }
}

/** The request is for an incident of another status. */
export class UnexpectedStatus extends DomainError {
  readonly code = 'incident.unexpected-status';

  constructor(
    readonly current: IncidentStatus,
    readonly expected: IncidentStatus,
  ) {
    super(`The incident is ${current}; the request requires it to be ${expected}.`);
  }

  override get facts() {
    return { current: this.current, expected: this.expected };
  }
}

/** A CLOSED incident is neither assigned nor marked as urgent. */
export class IncidentClosed extends DomainError {
  readonly code = 'incident.closed';

  constructor() {
    super('The incident is CLOSED: its assignee and its urgency no longer change.');
  }
}

export class DescriptionTooLong extends DomainError {
  readonly code = 'incident.description-too-long';

  constructor(
    readonly length: number,
    readonly limit: number,
  ) {
    super(`The description would be ${length} characters long; the limit is ${limit}.`);
  }

  override get facts() {
    return { length: this.length, limit: this.limit };
  }
}

export class InvalidText extends DomainError {
  readonly code = 'incident.invalid-text';

  constructor(validationError: string) {
    super(`The text ${validationError}.`);
  }
}

export class VersionMismatch extends DomainError {
  readonly code = 'incident.version-mismatch';

  constructor(readonly version: number) {
    super(`The incident is at version ${version}, which the precondition does not accept.`);
  }

  override get facts() {
    return { version: this.version };
  }
}
