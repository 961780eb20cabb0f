import { DomainError } from '../domain-error.js';
import type { IncidentStatus } from './incident-status.js';

export class IncidentNotFound extends DomainError {
  /** @param id a text where the request has a number past 2^53. */
  constructor(id: number | string) {
    super('incident.not-found', `There is no incident ${id}.`);
  }
}

/** No request with this idempotency key has created or changed an incident, or its record has expired. */
export class IncidentOfRequestNotFound extends DomainError {
  constructor(key: string) {
    super('incident.not-found', `No incident was found by the idempotency key ${key}.`);
  }
}

export class IllegalTransition extends DomainError {
  constructor(current: IncidentStatus, requested: IncidentStatus, allowed: readonly IncidentStatus[]) {
    super(
      'incident.illegal-transition',
      `An incident that is ${current} cannot become ${requested}; ` +
        (allowed.length > 0 ? `it can become ${allowed.join(' or ')}.` : 'it stays as it is.'),
      { current, requested, allowed },
    );
  }
}

/** The request is for an incident of another status. */
export class UnexpectedStatus extends DomainError {
  constructor(current: IncidentStatus, expected: IncidentStatus) {
    const message = `The incident is ${current}; the request requires it to be ${expected}.`;
    super('incident.unexpected-status', message, { current, expected });
  }
}

/** A CLOSED incident is neither assigned nor marked as urgent. */
export class IncidentClosed extends DomainError {
  constructor() {
    super('incident.closed', 'The incident is CLOSED: its assignee and its urgency no longer change.');
  }
}

/** The incident is the original of the one that it is to be a duplicate of. */
export class DuplicateCycle extends DomainError {
  constructor(id: number, duplicateOf: number) {
    const message = `Incident ${duplicateOf} is a duplicate of incident ${id} itself.`;
    super('incident.duplicate-cycle', message, { duplicate_of: duplicateOf });
  }
}

/** The incident is a duplicate of another one, and counts there. */
export class AlreadyDuplicate extends DomainError {
  constructor(duplicateOf: number) {
    const message = `The incident is already a duplicate of incident ${duplicateOf}.`;
    super('incident.already-duplicate', message, { duplicate_of: duplicateOf });
  }
}

/** There is no incident that this one could be a duplicate of. */
export class OriginalNotFound extends DomainError {
  constructor(duplicateOf: number) {
    const message = `There is no incident ${duplicateOf}, of which this one would be a duplicate.`;
    super('incident.original-not-found', message, { duplicate_of: duplicateOf });
  }
}

export class DescriptionTooLong extends DomainError {
  constructor(length: number, limit: number) {
    const message = `The description would be ${length} characters long; the limit is ${limit}.`;
    super('incident.description-too-long', message, { length, limit });
  }
}

export class InvalidText extends DomainError {
  constructor(validationError: string) {
    super('incident.invalid-text', `The text ${validationError}.`);
  }
}

export class VersionMismatch extends DomainError {
  constructor(version: number) {
    const message = `The incident is at version ${version}, which the precondition does not accept.`;
    super('incident.version-mismatch', message, { version });
  }
}
