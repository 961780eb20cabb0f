import { DomainError } from '../domain-error.js';
import type { QuarantinedMessageId, QuarantineState } from './quarantined-message.js';

export class QuarantinedMessageNotFound extends DomainError {
  readonly code = 'quarantine.not-found';

  /** @param id as it was asked for: numbers past 2^53 arrive as text. */
  constructor(id: QuarantinedMessageId | string) {
    super(`There is nothing in the quarantine with the number ${id}.`);
  }
}

/** It does not wait for anybody any more. */
export class QuarantinedMessageResolved extends DomainError {
  readonly code = 'quarantine.already-resolved';

  constructor(id: QuarantinedMessageId, state: QuarantineState) {
    super(`What has the number ${id} in the quarantine is ${state} already.`);
  }
}

/** It cannot be taken in now either. */
export class RetryFailed extends DomainError {
  readonly code = 'quarantine.retry-failed';

  constructor(reason: string) {
    super(`It still cannot be taken in: ${reason}`);
  }
}
