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
