import type { AttentionPolicy, PolicyScope } from '../../domain/attention/attention-policy.js';

/** Stores the policies for reminders. Every method may throw StoreUnavailable. */
export abstract class AttentionPolicies {
  /** All policies, by scope. */
  abstract all(): Promise<ReadonlyMap<PolicyScope, AttentionPolicy>>;

  abstract find(scope: PolicyScope): Promise<AttentionPolicy | undefined>;

  /** @returns whether the scope had no policy before. */
  abstract store(scope: PolicyScope, policy: AttentionPolicy): Promise<boolean>;

  /** @returns whether the scope had a policy. */
  abstract delete(scope: PolicyScope): Promise<boolean>;
}
