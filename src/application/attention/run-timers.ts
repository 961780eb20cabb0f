import { Injectable } from '@nestjs/common';
import { policyFor } from '../../domain/attention/attention-policy.js';
import { evaluate } from '../../domain/attention/reminders.js';
import { Clock } from '../operations/clock.js';
import { AttentionPolicies } from './attention-policies.js';
import { Timers } from './timers.js';

/** The maximum number of timers that are leased together. */
export const MAX_LEASED = 500;

/** Adds the reminders that are due to the histories of their incidents. */
@Injectable()
export class RunTimers {
  constructor(
    private readonly timers: Timers,
    private readonly policies: AttentionPolicies,
    private readonly clock: Clock,
  ) {}

  /**
   * Completes up to MAX_LEASED timers that are due.
   * @returns whether more may be due.
   * @throws StoreUnavailable
   */
  async execute(): Promise<boolean> {
    const now = this.clock.now();
    const due = await this.timers.lease(now, MAX_LEASED);
    if (due.length === 0) return false;
    const policies = await this.policies.all();
    await this.timers.complete(
      due.map((facts) => ({ facts, ...evaluate(policyFor(policies, facts), facts, now) })),
      now,
    );
    return due.length === MAX_LEASED;
  }
}
