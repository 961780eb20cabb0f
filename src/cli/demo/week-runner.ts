import { RunTimers } from '../../application/attention/run-timers.js';
import { SetTimers } from '../../application/attention/set-timers.js';
import { MarkDuplicate } from '../../application/incident/mark-duplicate.js';
import { ReportIncident } from '../../application/incident/report-incident.js';
import { UpdateIncident } from '../../application/incident/update-incident.js';
import { ResolveByDedupKey } from '../../application/intake/resolve-by-dedup-key.js';
import { Clock } from '../../application/operations/clock.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';
import type { DemoAction, ScenarioId } from './scenario.js';

/** A clock that shows the time of the action that runs. */
export class DemoClock extends Clock {
  constructor(public time: Date) {
    super();
  }

  now(): Date {
    return this.time;
  }
}

/** The use cases that the actions call, with a `DemoClock`. */
export interface DemoUseCases {
  readonly reportIncident: ReportIncident;
  readonly updateIncident: UpdateIncident;
  readonly markDuplicate: MarkDuplicate;
  readonly resolveByDedupKey: ResolveByDedupKey;
  readonly setTimers: SetTimers;
  readonly runTimers: RunTimers;
  /** When the next timer is due; undefined if there is none. */
  readonly nextTimerAt: () => Promise<Date | undefined>;
}

/** Runs actions through the use cases of the service, each at its time, with the reminders that are due in between. */
export class WeekRunner {
  private readonly ids = new Map<ScenarioId, IncidentId>();

  constructor(
    private readonly useCases: DemoUseCases,
    private readonly clock: DemoClock,
  ) {}

  /** The number of incidents so far. */
  get incidents(): number {
    return new Set(this.ids.values()).size;
  }

  /** @param action is later than the ones before. */
  async run(action: DemoAction): Promise<void> {
    await this.remindUntil(action.at);
    this.clock.time = action.at;
    await this.useCases.setTimers.execute(await this.perform(action));
  }

  /** Adds the reminders that are due until then. */
  async remindUntil(end: Date): Promise<void> {
    for (;;) {
      const dueAt = await this.useCases.nextTimerAt();
      if (!dueAt || dueAt > end) return;
      this.clock.time = dueAt;
      await this.useCases.runTimers.execute();
    }
  }

  /** The ids of the incidents that have changed. */
  private async perform(action: DemoAction): Promise<IncidentId[]> {
    const { reportIncident, updateIncident, resolveByDedupKey, markDuplicate } = this.useCases;
    if (action.type === 'report') {
      const { incident } = await reportIncident.execute(action.report);
      this.ids.set(action.scenario, incident.id);
      return [incident.id];
    }
    const id = this.idOf(action.scenario);
    if (action.type === 'mark-duplicate') {
      const duplicateOf = this.idOf(action.duplicateOf);
      await markDuplicate.execute({ id, duplicateOf, ...action.by });
      return [id, duplicateOf];
    }
    if (action.type === 'update') await updateIncident.execute({ id, ...action.update });
    else await resolveByDedupKey.execute({ dedupKey: action.dedupKey, ...action.by });
    return [id];
  }

  private idOf(scenario: ScenarioId): IncidentId {
    const id = this.ids.get(scenario);
    if (id === undefined) throw new Error(`the scenario ${scenario} begins without a report`);
    return id;
  }
}
