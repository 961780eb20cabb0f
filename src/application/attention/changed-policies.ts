import type { PolicyScope } from '../../domain/attention/attention-policy.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';

/** A policy that was stored or deleted. */
export interface ChangedPolicy {
  readonly scope: PolicyScope;
  /** Each change of a policy has a higher one. */
  readonly number: number;
}

/**
 * The policies that have changed since the timers of their incidents were set: the store records them together with the change.
 * Every method may throw StoreUnavailable.
 */
export abstract class ChangedPolicies {
  /** The one that has waited longest; undefined if there is none. */
  abstract next(): Promise<ChangedPolicy | undefined>;

  /** The open incidents of a scope, in pages of up to MAX_FEED_PAGE ids. One that changes meanwhile may be missing, or be there twice. */
  abstract openIncidentsOf(scope: PolicyScope): AsyncGenerator<readonly IncidentId[], void>;

  /** Removes it, unless the policy has changed again. */
  abstract remove(changed: ChangedPolicy): Promise<void>;
}
