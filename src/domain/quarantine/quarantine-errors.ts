import { DomainError } from '../domain-error.js';
import type { QuarantinedMessageId, QuarantineState } from './quarantined-message.js';

export class QuarantinedMessageNotFound extends DomainError {
  /** @param id a string if the number in the request exceeds 2^53. */
  constructor(id: QuarantinedMessageId | string) {
    super('quarantine.not-found', `There is no quarantined message ${id}.`);
  }
}

/** The message was already retried or dismissed. */
export class QuarantinedMessageResolved extends DomainError {
  constructor(id: QuarantinedMessageId, state: QuarantineState) {
    super('quarantine.already-resolved', `The quarantined message ${id} is already ${state}.`);
  }
}

/** The message is still invalid. */
export class RetryFailed extends DomainError {
  constructor(reason: string) {
    super('quarantine.retry-failed', `The retry failed: ${reason}`);
  }
}
