import { Injectable } from '@nestjs/common';
import {
  type AttentionPolicy,
  initialPolicy,
  type PolicyScope,
} from '../../domain/attention/attention-policy.js';
import { PolicyNotFound, TooManyPolicies } from '../../domain/attention/policy-errors.js';
import { AttentionPolicies, type PolicyChange } from './attention-policies.js';

/** Bounded, because all policies are read for each page of events. Concurrent creations may exceed it by a few. */
export const MAX_POLICIES = 1_000;

/** Manages the policies for reminders. A policy applies to open incidents soon after: see `ApplyPolicies`. */
@Injectable()
export class ManagePolicies {
  constructor(private readonly policies: AttentionPolicies) {}

  /** All policies, by scope. */
  list(): Promise<ReadonlyMap<PolicyScope, AttentionPolicy>> {
    return this.policies.all();
  }

  /** @throws PolicyNotFound */
  async get(scope: PolicyScope): Promise<AttentionPolicy> {
    const policy = await this.policies.find(scope);
    if (!policy) throw new PolicyNotFound(scope);
    return policy;
  }

  /**
   * Stores the policy of a scope, in place of an earlier one.
   * @returns whether the scope had none before.
   * @throws TooManyPolicies
   */
  async store(scope: PolicyScope, policy: AttentionPolicy): Promise<boolean> {
    await this.requireRoomFor(scope);
    return this.policies.store(scope, policy);
  }

  /**
   * Changes some properties of the policy of a scope. A scope without one gets the default for chats, or none of the other properties.
   * @throws TooManyPolicies
   */
  async change(scope: PolicyScope, changes: Partial<AttentionPolicy>): Promise<PolicyChange> {
    await this.requireRoomFor(scope);
    return this.policies.change(scope, changes, initialPolicy(scope));
  }

  /** @throws PolicyNotFound */
  async delete(scope: PolicyScope): Promise<void> {
    if (!(await this.policies.delete(scope))) throw new PolicyNotFound(scope);
  }

  private async requireRoomFor(scope: PolicyScope): Promise<void> {
    const all = await this.policies.all();
    if (!all.has(scope) && all.size >= MAX_POLICIES) throw new TooManyPolicies(MAX_POLICIES);
  }
}
