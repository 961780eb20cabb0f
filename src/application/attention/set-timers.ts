import { Injectable } from '@nestjs/common';
import { policyFor } from '../../domain/attention/attention-policy.js';
import { evaluate } from '../../domain/attention/reminders.js';
import { INCIDENT_SOURCES } from '../../domain/incident/incident-source.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';
import { Clock } from '../operations/clock.js';
import { AttentionPolicies } from './attention-policies.js';
import { type Timer, Timers } from './timers.js';

/** Sets the timers of incidents after they have changed. The requests that change them do nothing for it. */
@Injectable()
export class SetTimers {
  constructor(
    private readonly timers: Timers,
    private readonly policies: AttentionPolicies,
    private readonly clock: Clock,
  ) {}

  /**
   * Sets the timers of incidents that have changed, as they are now. A timer that was set for this version stays as it is, such as one
   * that was stored together with a reminder. A timer that an incident no longer needs stays until it is due, and is removed then.
   * @param ids at most a page of the feed.
   * @throws StoreUnavailable
   */
  async execute(ids: readonly IncidentId[]): Promise<void> {
    await this.set(ids, { isChanged: true });
  }

  /**
   * Sets the timers of those of these incidents that are open, as they are now, and by the policies as they are now.
   * @param ids at most a page of the feed.
   * @throws StoreUnavailable
   */
  async setFor(ids: readonly IncidentId[]): Promise<void> {
    await this.set(ids, { isChanged: false });
  }

  private async set(
    ids: readonly IncidentId[],
    { isChanged }: { readonly isChanged: boolean },
  ): Promise<void> {
    if (ids.length === 0) return;
    const policies = await this.policies.all();
    const sources = INCIDENT_SOURCES.filter((source) => policies.has(source));
    const now = this.clock.now();
    const set: Timer[] = [];
    for (const facts of await this.timers.facts(ids, sources, isChanged)) {
      const { event, nextAt } = evaluate(policyFor(policies, facts), facts, now);
      // What is due already is due for whoever leases the timer.
      const dueAt = event ? now : nextAt;
      if (dueAt) set.push({ facts, dueAt });
    }
    await this.timers.set(set);
  }
}
