import { DomainError } from '../domain-error.js';
import type { QuarantinedMessageId, QuarantineState } from './quarantined-message.js';

export class QuarantinedMessageNotFound extends DomainError {
  readonly code = 'quarantine.not-found';

  /** @param id a string if the number in the request exceeds 2^53. */
  constructor(id: QuarantinedMessageId | string) {
    super(`There is no quarantined message ${id}.`);
  }
}

/** The message was already retried or dismissed. */
export class QuarantinedMessageResolved extends DomainError {
  readonly code = 'quarantine.already-resolved';

  constructor(id: QuarantinedMessageId, state: QuarantineState) {
    super(`The quarantined message ${id} is already ${state}.`);
  }
}

/** The message is still invalid. */
export class RetryFailed extends DomainError {
  readonly code = 'quarantine.retry-failed';

  constructor(reason: string) {
    super(`The retry failed: ${reason}`);
  }
}
