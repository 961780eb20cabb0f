import type { AttentionFacts, Evaluation } from '../../domain/attention/reminders.js';
import type { IncidentSource } from '../../domain/incident/incident-source.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';

/** An incident, and what follows from its facts. */
export interface EvaluatedIncident extends Evaluation {
  readonly facts: AttentionFacts;
}

/** When to evaluate an incident, as of one of its versions. */
export interface Timer {
  readonly facts: AttentionFacts;
  readonly dueAt: Date;
}

/**
 * Stores when incidents are to be evaluated: at most one time for each. Any number of processes use it at the same time. Every method
 * may throw StoreUnavailable.
 */
export abstract class Timers {
  /**
   * The facts of open incidents among these: those reported with an origin, and those of the sources.
   * @param ids at most a page of the feed.
   * @param isChanged leaves out those that have a timer for their present version.
   */
  abstract facts(
    ids: readonly IncidentId[],
    sources: readonly IncidentSource[],
    isChanged: boolean,
  ): Promise<readonly AttentionFacts[]>;

  /** Sets timers. One that was set for a later version of its incident stays as it is. */
  abstract set(timers: readonly Timer[]): Promise<void>;

  /**
   * Leases timers that are due, the longest overdue first, and reads the facts of their incidents. No other process gets them until
   * the lease ends, or they are completed.
   */
  abstract lease(now: Date, limit: number): Promise<readonly AttentionFacts[]>;

  /**
   * Completes leased timers: appends the reminders to the histories, and sets or removes the timers, in one transaction. Of an
   * incident that has changed since its facts were read, nothing is stored: it is evaluated again when the change is in the feed, or
   * else when the lease ends. A timer that was set or leased again since, as when its policy has changed, stays as it is.
   * @param leasedAt when they were leased.
   * @returns the number of reminders.
   */
  abstract complete(evaluated: readonly EvaluatedIncident[], leasedAt: Date): Promise<number>;
}
