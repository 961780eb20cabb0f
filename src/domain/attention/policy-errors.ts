import { DomainError } from '../domain-error.js';
import type { PolicyScope } from './attention-policy.js';

export class PolicyNotFound extends DomainError {
  constructor(scope: PolicyScope) {
    super('policy.not-found', `There is no policy for ${scope}.`);
  }
}

export class TooManyPolicies extends DomainError {
  constructor(limit: number) {
    super('policy.limit-reached', `There are ${limit} policies already.`, { limit });
  }
}
