import type { AttentionPolicy, PolicyScope } from '../../domain/attention/attention-policy.js';

/** A policy after a change. */
export interface PolicyChange {
  readonly policy: AttentionPolicy;
  /** Whether the scope had none before. */
  readonly isNew: boolean;
}

/** Stores the policies for reminders. Every method may throw StoreUnavailable. */
export abstract class AttentionPolicies {
  /** All policies, by scope. */
  abstract all(): Promise<ReadonlyMap<PolicyScope, AttentionPolicy>>;

  abstract find(scope: PolicyScope): Promise<AttentionPolicy | undefined>;

  /** @returns whether the scope had no policy before. */
  abstract store(scope: PolicyScope, policy: AttentionPolicy): Promise<boolean>;

  /**
   * Changes the properties that `changes` has; those that it lacks stay as they are, also where others change them at the same time.
   * @param initial the other properties if the scope has no policy.
   */
  abstract change(
    scope: PolicyScope,
    changes: Partial<AttentionPolicy>,
    initial: AttentionPolicy,
  ): Promise<PolicyChange>;

  /** @returns whether the scope had a policy. */
  abstract delete(scope: PolicyScope): Promise<boolean>;
}
