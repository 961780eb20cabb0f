import fc from 'fast-check';
import { MAX_LEASED, RunTimers } from '../../src/application/attention/run-timers.js';
import { SetTimers } from '../../src/application/attention/set-timers.js';
import type { Timers } from '../../src/application/attention/timers.js';
import {
  type AttentionPolicy,
  CHAT_DEFAULT,
  policyFor,
} from '../../src/domain/attention/attention-policy.js';
import { parseDailyPeriod } from '../../src/shared/time/daily-time.js';
import { evaluate } from '../../src/domain/attention/reminders.js';
import { DomainError } from '../../src/domain/domain-error.js';
import type { IncidentEvent } from '../../src/domain/incident/incident-events.js';
import type { IncidentRepository } from '../../src/domain/incident/incident-repository.js';
import type { Change, IncidentId } from '../../src/domain/incident/incident-state.js';
import type { Incident } from '../../src/domain/incident/incident.js';
import type { InMemoryIncidents } from './in-memory-incidents.js';
import { InMemoryPolicies, isReminder } from './in-memory-timers.js';
import { isQuiet, nextReminder, quietEnd, type Rules } from './reminder-model.js';
import { VirtualClock } from './virtual-clock.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How often processes look for due timers. */
const POLL_MS = 500;
const LEASE_MS = 30 * SECOND;

/** Where incidents are reported, each with the scope of its policy. */
const TARGETS = [
  { scope: 'tg:-1', source: 'operator', origin: 'tg:-1:7' },
  { scope: 'tg:-2', source: 'partner', origin: 'tg:-2:7' },
  { scope: 'monitoring', source: 'monitoring', origin: undefined },
] as const;

const OFF: Rules = {
  takeWithinMs: undefined,
  escalateAfter: undefined,
  remindInProgressAfterMs: undefined,
  quiet: undefined,
};

/** The rules of a target without a policy. */
const defaultRules = (target: number): Rules =>
  TARGETS[target]!.origin === undefined ? OFF : { ...OFF, takeWithinMs: 15 * MINUTE };

const toPolicy = ({ quiet, ...rules }: Rules): AttentionPolicy => ({
  ...CHAT_DEFAULT,
  ...rules,
  quietHours: quiet && parseDailyPeriod(quiet.text),
});

const ACTS = {
  take: (incident, change) => incident.moveTo('IN_PROGRESS', change),
  'hand over': (incident, change) => incident.assignTo('Борис', change),
  release: (incident, change) => incident.release(change),
  resolve: (incident, change) => incident.moveTo('RESOLVED', change, 'shortest', null),
  close: (incident, change) => incident.moveTo('CLOSED', change),
  'report again': (incident, change) => incident.countDuplicate('again', change),
  append: (incident, change) => incident.append('more', change),
  'make urgent': (incident, change) => incident.setUrgent(true, change),
  'make not urgent': (incident, change) => incident.setUrgent(false, change),
} satisfies Record<string, (incident: Incident, change: Change) => void>;

type Act = keyof typeof ACTS;

/** Something that happens; targets and incidents are named by their index. */
export type Step =
  | { readonly type: 'report'; readonly target: number; readonly urgent: boolean }
  | { readonly type: 'change'; readonly incident: number; readonly act: Act }
  /** Undefined deletes the policy. */
  | { readonly type: 'policy'; readonly target: number; readonly rules: Rules | undefined }
  /** Processes run for a time, and look for due timers so late. */
  | { readonly type: 'run'; readonly forMs: number; readonly lateMs: number }
  /** For a time, no process runs or none reaches the database. */
  | { readonly type: 'outage'; readonly forMs: number }
  /** The clocks are set. */
  | { readonly type: 'clock'; readonly byMs: number }
  /** After an outage, a process leases timers; it is killed, or it is slow and completes them after the next step. */
  | { readonly type: 'lease'; readonly afterMs: number; readonly isKilled: boolean }
  /** All events of the feed are handled once more. */
  | { readonly type: 'redelivery' };

const option = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined, freq: 3 });
const interval = option(fc.constantFrom(5 * MINUTE, 15 * MINUTE, 2 * HOUR));

const rules: fc.Arbitrary<Rules> = fc.record({
  takeWithinMs: interval,
  escalateAfter: option(fc.integer({ min: 1, max: 3 })),
  remindInProgressAfterMs: interval,
  quiet: option(
    fc.constantFrom(
      { text: '22:00-08:00 Europe/Moscow', from: 22 * 60, to: 8 * 60, offset: 180 },
      { text: '12:30-14:00 UTC', from: 12 * 60 + 30, to: 14 * 60, offset: 0 },
    ),
  ),
});

type StepOf<Type> = Extract<Step, { readonly type: Type }>;

const stepOf = <Type extends Step['type']>(
  type: Type,
  fields: { [Name in keyof Omit<StepOf<Type>, 'type'>]: fc.Arbitrary<StepOf<Type>[Name]> },
) => fc.record({ type: fc.constant(type), ...fields }) as fc.Arbitrary<unknown> as fc.Arbitrary<Step>;

const target = fc.nat(TARGETS.length - 1);
const forMs = fc.constantFrom(10 * SECOND, 5 * MINUTE, HOUR, 12 * HOUR);
const step = fc.oneof(
  { weight: 2, arbitrary: stepOf('report', { target, urgent: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: stepOf('change', {
      incident: fc.nat(1),
      act: fc.constantFrom(...(Object.keys(ACTS) as Act[])),
    }),
  },
  { weight: 2, arbitrary: stepOf('policy', { target, rules: option(rules) }) },
  { weight: 6, arbitrary: stepOf('run', { forMs, lateMs: fc.nat(POLL_MS) }) },
  stepOf('outage', { forMs }),
  stepOf('clock', { byMs: fc.integer({ min: -3 * HOUR, max: 3 * HOUR }) }),
  {
    weight: 3,
    arbitrary: stepOf('lease', { afterMs: fc.constantFrom(0, HOUR), isKilled: fc.boolean() }),
  },
  stepOf('redelivery', {}),
);

const REPORT: readonly Step[] = [{ type: 'report', target: 0, urgent: false }];

/** Arbitrary steps after a report. */
export const STEPS = fc.array(step, { minLength: 5, maxLength: 40 }).map((steps) => REPORT.concat(steps));

/** Incidents and timers over one store. */
export interface TimerStore {
  readonly incidents: IncidentRepository;
  readonly timers: Timers;
}

/**
 * The processes of the service, as far as they remind of incidents, under a virtual clock. Each reminder is checked when it is made:
 * that it is due by the history and the policy, and that it is not quiet. Whenever the processes have done everything, it is checked
 * that no reminder is due any more, except of incidents that a process has leased and not completed.
 */
export class TimerScenario {
  private readonly clock = new VirtualClock();
  private readonly policies = new InMemoryPolicies();
  private readonly rules = TARGETS.map((_, each) => defaultRules(each));
  private readonly setTimers: SetTimers;
  private readonly runTimers: RunTimers;
  /** The incidents, each with the index of its target and the number of events that were checked. */
  private readonly incidents = new Map<IncidentId, { readonly target: number; checked: number }>();
  private readonly leases = new Map<IncidentId, Date>();
  /** The incident of each event of the feed. */
  private readonly feed: IncidentId[] = [];
  private handled = 0;
  private slowProcess: (() => Promise<void>) | undefined;

  /** @param history of the incidents of the store. */
  constructor(
    private readonly store: TimerStore,
    private readonly history: InMemoryIncidents,
  ) {
    this.setTimers = new SetTimers(store.timers, this.policies, this.clock);
    this.runTimers = new RunTimers(store.timers, this.policies, this.clock);
  }

  /** @throws where a reminder is lost, early, repeated or quiet. */
  async execute(steps: readonly Step[]): Promise<void> {
    for (const each of steps) {
      const { slowProcess } = this;
      this.slowProcess = undefined;
      // It evaluates by the policies that it has read.
      if (each.type === 'policy') await slowProcess?.();
      await this.take(each);
      if (each.type !== 'policy') await slowProcess?.();
    }
    await this.slowProcess?.();
    await this.run(HOUR, POLL_MS);
  }

  private async take(each: Step): Promise<void> {
    switch (each.type) {
      case 'report':
        return this.report(each.target, each.urgent);
      case 'change':
        return this.change([...this.incidents.keys()][each.incident], ACTS[each.act]);
      case 'policy':
        return this.setPolicy(each.target, each.rules);
      case 'run':
        return this.run(each.forMs, each.lateMs);
      case 'outage':
        return this.clock.advance(each.forMs);
      case 'clock':
        return this.clock.advance(each.byMs);
      case 'lease':
        this.clock.advance(each.afterMs);
        return this.lease(each.isKilled);
      case 'redelivery':
        return this.handle(this.feed.slice(0, this.handled));
    }
  }

  private get provenance(): Change {
    return { actor: 'Анна', channel: 'telegram', at: this.clock.now() };
  }

  private async report(index: number, urgent: boolean): Promise<void> {
    const { source, origin } = TARGETS[index]!;
    const report = { ...this.provenance, description: 'a', source, origin, urgent };
    const { id } = (await this.store.incidents.add(report)).incident;
    this.incidents.set(id, { target: index, checked: 1 });
    this.feed.push(id);
  }

  private async change(
    id: IncidentId | undefined,
    act: (incident: Incident, change: Change) => void,
  ): Promise<void> {
    if (id === undefined) return;
    try {
      await this.store.incidents.change(id, (incident) => act(incident, this.provenance));
    } catch (error) {
      // Its status does not permit the change.
      if (error instanceof DomainError) return;
      throw error;
    }
    const events = this.history.eventsOf(id).length;
    if (events > this.incidents.get(id)!.checked) this.feed.push(id);
    this.incidents.get(id)!.checked = events;
  }

  private async setPolicy(index: number, some: Rules | undefined): Promise<void> {
    const { scope } = TARGETS[index]!;
    this.rules[index] = some ?? defaultRules(index);
    if (some) await this.policies.store(scope, toPolicy(some));
    else await this.policies.delete(scope);
    await this.setTimers.setFor([...this.incidents.keys()]);
    this.leases.clear();
    // What is overdue is due when it is set, by the clock as it is then.
    await this.runDue();
  }

  private async run(durationMs: number, lateMs: number): Promise<void> {
    const end = this.clock.now().getTime() + durationMs;
    await this.settle();
    for (;;) {
      const next = this.nextAt() + lateMs;
      if (next > end) break;
      this.clock.time = new Date(next);
      await this.settle();
    }
    this.clock.time = new Date(end);
    await this.settle();
  }

  private async settle(): Promise<void> {
    await this.runDue();
    const changed = this.feed.slice(this.handled);
    this.handled = this.feed.length;
    await this.handle(changed);
    const now = this.clock.now();
    const lost = [...this.incidents.keys()].filter((id) => this.isDue(id, now) && !this.isLeased(id, now));
    expect(lost).toEqual([]);
  }

  private async runDue(): Promise<void> {
    const now = this.clock.now();
    for (let hasMore = true; hasMore;) {
      hasMore = await this.runTimers.execute();
      this.checkReminders(now);
    }
  }

  private async handle(ids: readonly IncidentId[]): Promise<void> {
    await this.setTimers.execute([...new Set(ids)]);
    await this.runDue();
  }

  private async lease(isKilled: boolean): Promise<void> {
    const now = this.clock.now();
    const policies = await this.policies.all();
    const leased = await this.store.timers.lease(now, MAX_LEASED);
    for (const { id } of leased) this.leases.set(id, new Date(now.getTime() + LEASE_MS));
    if (isKilled || leased.length === 0) return;
    this.slowProcess = async () => {
      const evaluated = leased.map((facts) =>
        Object.assign({ facts }, evaluate(policyFor(policies, facts), facts, now)),
      );
      await this.store.timers.complete(evaluated, now);
      this.checkReminders(now);
    };
  }

  /** Checks the reminders that were added since it was called last. @param now when they were evaluated. */
  private checkReminders(now: Date): void {
    for (const [id, incident] of this.incidents) {
      const events = this.history.eventsOf(id);
      for (; incident.checked < events.length; incident.checked++) {
        this.checkReminder(id, events.slice(0, incident.checked), events[incident.checked]!, now);
        const ownLease = now.getTime() + LEASE_MS;
        // Another process may have leased the timer of a slow one since.
        if (this.leases.get(id)?.getTime() === ownLease || !this.isLeased(id, this.clock.now()))
          this.leases.delete(id);
      }
    }
  }

  private checkReminder(
    id: IncidentId,
    before: readonly IncidentEvent[],
    reminder: IncidentEvent,
    now: Date,
  ): void {
    const due = nextReminder(this.rulesOf(id), before);
    expect(due?.at.getTime()).toBeLessThanOrEqual(now.getTime());
    if (!due!.isUrgent) expect(isQuiet(this.rulesOf(id), now)).toBe(false);
    const { type, purpose, number } = due!;
    expect(isReminder(reminder)).toBe(true);
    expect(reminder).toMatchObject({ type, purpose, number, seq: before.length + 1 });
  }

  private rulesOf(id: IncidentId): Rules {
    return this.rules[this.incidents.get(id)!.target]!;
  }

  private isDue(id: IncidentId, now: Date): boolean {
    const due = nextReminder(this.rulesOf(id), this.history.eventsOf(id));
    return due !== undefined && due.at <= now && (due.isUrgent || !isQuiet(this.rulesOf(id), now));
  }

  private isLeased(id: IncidentId, now: Date): boolean {
    return (this.leases.get(id)?.getTime() ?? 0) > now.getTime();
  }

  /** When somebody is to be reminded next; Infinity for never. */
  private nextAt(): number {
    const now = this.clock.now().getTime();
    const times = [...this.incidents.keys()].flatMap((id) => {
      const due = nextReminder(this.rulesOf(id), this.history.eventsOf(id));
      if (!due) return [];
      const at = Math.max(due.at.getTime(), this.leases.get(id)?.getTime() ?? 0, now);
      return due.isUrgent ? at : quietEnd(this.rulesOf(id), new Date(at)).getTime();
    });
    return Math.min(...times, Infinity);
  }
}
