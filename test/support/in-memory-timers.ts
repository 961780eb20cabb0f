import { AttentionPolicies, type PolicyChange } from '../../src/application/attention/attention-policies.js';
import { type EvaluatedIncident, type Timer, Timers } from '../../src/application/attention/timers.js';
import type { AttentionPolicy, PolicyScope } from '../../src/domain/attention/attention-policy.js';
import type { AttentionFacts } from '../../src/domain/attention/reminders.js';
import type { IncidentEvent, ReminderEvent } from '../../src/domain/incident/incident-events.js';
import type { IncidentSource } from '../../src/domain/incident/incident-source.js';
import type { IncidentId } from '../../src/domain/incident/incident-state.js';
import { isOpen } from '../../src/domain/incident/incident-status.js';
import type { InMemoryIncidents } from './in-memory-incidents.js';

const LEASE_MS = 30_000;

interface Row {
  readonly version: number;
  readonly dueAt: Date;
  readonly leasedUntil: Date | undefined;
}

/** Timers over a map; a contract test holds it to the same contract as PostgreSQL. */
export class InMemoryTimers extends Timers {
  private readonly rows = new Map<IncidentId, Row>();

  constructor(private readonly incidents: InMemoryIncidents) {
    super();
  }

  async facts(
    ids: readonly IncidentId[],
    sources: readonly IncidentSource[],
    isChanged: boolean,
  ): Promise<readonly AttentionFacts[]> {
    return ids
      .map((id) => this.factsOf(id))
      .filter(
        ({ id, version, status, origin, source }) =>
          isOpen(status) &&
          (origin !== undefined || sources.includes(source)) &&
          !(isChanged && (this.rows.get(id)?.version ?? 0) >= version),
      );
  }

  async set(timers: readonly Timer[]): Promise<void> {
    for (const { facts, dueAt } of timers) {
      const row = this.rows.get(facts.id);
      if (!row || row.version <= facts.version)
        this.rows.set(facts.id, { version: facts.version, dueAt, leasedUntil: undefined });
    }
  }

  async lease(now: Date, limit: number): Promise<readonly AttentionFacts[]> {
    const availableAt = ({ dueAt, leasedUntil }: Row) =>
      Math.max(dueAt.getTime(), leasedUntil?.getTime() ?? -Infinity);
    const due = [...this.rows]
      .filter(([, row]) => availableAt(row) <= now.getTime())
      .toSorted(([, a], [, b]) => availableAt(a) - availableAt(b))
      .slice(0, limit);
    const leasedUntil = new Date(now.getTime() + LEASE_MS);
    for (const [id, row] of due) this.rows.set(id, { ...row, leasedUntil });
    return due.map(([id]) => this.factsOf(id));
  }

  async complete(evaluated: readonly EvaluatedIncident[], leasedAt: Date): Promise<number> {
    let reminders = 0;
    for (const { facts, event, nextAt } of evaluated) {
      const isUnchanged = this.incidents.stateOf(facts.id).version === facts.version;
      if (event && !isUnchanged) continue;
      if (event) {
        this.incidents.remind(facts.id, event);
        reminders++;
      }
      const version = event?.seq ?? facts.version;
      const row = this.rows.get(facts.id);
      const isSetAnew = row?.leasedUntil?.getTime() !== leasedAt.getTime() + LEASE_MS;
      if (!row || row.version > version || isSetAnew) continue;
      if (nextAt) this.rows.set(facts.id, { version, dueAt: nextAt, leasedUntil: undefined });
      else this.rows.delete(facts.id);
    }
    return reminders;
  }

  private factsOf(incidentId: IncidentId): AttentionFacts {
    const { id, version, status, source, channel, urgent, assignee, updatedAt, origin } =
      this.incidents.stateOf(incidentId);
    const events = this.incidents.eventsOf(id);
    const startsStage = (event: IncidentEvent) =>
      assignee === undefined
        ? event.type === 'reported' ||
          event.type === 'unassigned' ||
          ('from' in event && event.from === 'RESOLVED')
        : !isReminder(event);
    const { seq, at } = events.findLast(startsStage)!;
    const stageStart = { seq, at };
    return {
      ...{ id, version, status, source, channel, urgent, assignee, updatedAt, origin, stageStart },
      lastReminder: markOf(events.findLast(isReminder)),
    };
  }
}

export function isReminder(event: IncidentEvent): event is ReminderEvent {
  return event.type === 'reminded' || event.type === 'escalated';
}

function markOf(event: ReminderEvent | undefined): AttentionFacts['lastReminder'] {
  return event && { seq: event.seq, at: event.at, purpose: event.purpose, number: event.number };
}

/** Policies over a map. */
export class InMemoryPolicies extends AttentionPolicies {
  private readonly policies = new Map<PolicyScope, AttentionPolicy>();

  async all(): Promise<ReadonlyMap<PolicyScope, AttentionPolicy>> {
    return new Map(this.policies);
  }

  async find(scope: PolicyScope): Promise<AttentionPolicy | undefined> {
    return this.policies.get(scope);
  }

  async store(scope: PolicyScope, policy: AttentionPolicy): Promise<boolean> {
    const isNew = !this.policies.has(scope);
    this.policies.set(scope, policy);
    return isNew;
  }

  async change(
    scope: PolicyScope,
    changes: Partial<AttentionPolicy>,
    initial: AttentionPolicy,
  ): Promise<PolicyChange> {
    const policy = { ...(this.policies.get(scope) ?? initial), ...changes };
    return { policy, isNew: await this.store(scope, policy) };
  }

  async delete(scope: PolicyScope): Promise<boolean> {
    return this.policies.delete(scope);
  }
}
