import { RunTimers } from '../../application/attention/run-timers.js';
import { SetTimers } from '../../application/attention/set-timers.js';
import { MarkDuplicate } from '../../application/incident/mark-duplicate.js';
import { ReportIncident } from '../../application/incident/report-incident.js';
import { UpdateIncident } from '../../application/incident/update-incident.js';
import { ChangeByDedupKey } from '../../application/intake/change-by-dedup-key.js';
import { Clock } from '../../application/operations/clock.js';
import type { Provenance } from '../../domain/incident/incident-channel.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';
import type { DemoFile } from './files.js';
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
  readonly changeByDedupKey: ChangeByDedupKey;
  readonly setTimers: SetTimers;
  readonly runTimers: RunTimers;
  /** When the next timer is due; undefined if there is none. */
  readonly nextTimerAt: () => Promise<Date | undefined>;
}

/** Files that are to be attached to an incident. */
export interface DemoAttachments {
  readonly id: IncidentId;
  readonly by: Provenance;
  readonly files: readonly DemoFile[];
}

/** How long timers may be set after a change, in the time of the week. No policy reminds of anything so soon. */
const SET_TIMERS_AFTER_MS = 10 * 60_000;

/** Runs actions through the use cases of the service, each at its time, with the reminders that are due in between. */
export class WeekRunner {
  /** The files of the week. They are attached when the week is committed: each is stored in a transaction of its own. */
  readonly attachments: DemoAttachments[] = [];
  private readonly ids = new Map<ScenarioId, IncidentId>();
  /** The incidents whose timers are to be set, and since when. */
  private readonly changed = new Set<IncidentId>();
  private changedSince = new Date(0);
  /** When the next timer is due; undefined if there is none. */
  private timerAt: Date | undefined;

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
    if (action.at.getTime() - this.changedSince.getTime() >= SET_TIMERS_AFTER_MS) await this.setTimers();
    await this.runTimers(action.at);
    this.clock.time = action.at;
    if (this.changed.size === 0) this.changedSince = action.at;
    for (const id of await this.perform(action)) this.changed.add(id);
  }

  /** Adds the reminders that are due until the end of the week, and sets all timers. */
  async finish(end: Date): Promise<void> {
    await this.setTimers();
    await this.runTimers(end);
  }

  private async setTimers(): Promise<void> {
    if (this.changed.size === 0) return;
    await this.useCases.setTimers.execute([...this.changed]);
    this.changed.clear();
    this.timerAt = await this.useCases.nextTimerAt();
  }

  private async runTimers(end: Date): Promise<void> {
    while (this.timerAt && this.timerAt <= end) {
      this.clock.time = this.timerAt;
      await this.useCases.runTimers.execute();
      this.timerAt = await this.useCases.nextTimerAt();
    }
  }

  /** The ids of the incidents that have changed. */
  private async perform(action: DemoAction): Promise<IncidentId[]> {
    const { reportIncident, updateIncident, changeByDedupKey, markDuplicate } = this.useCases;
    if (action.type === 'report') {
      const { incident } = await reportIncident.execute(action.report);
      this.ids.set(action.scenario, incident.id);
      return [incident.id];
    }
    const id = this.idOf(action.scenario);
    if (action.type === 'attach') {
      this.attachments.push({ id, by: action.by, files: action.files });
      return [];
    }
    if (action.type === 'mark-duplicate') {
      const duplicateOf = this.idOf(action.duplicateOf);
      await markDuplicate.execute({ id, duplicateOf, ...action.by });
      return [id, duplicateOf];
    }
    if (action.type === 'update') await updateIncident.execute({ id, ...action.update });
    else await changeByDedupKey.execute({ to: 'RESOLVED', dedupKey: action.dedupKey, ...action.by });
    return [id];
  }

  private idOf(scenario: ScenarioId): IncidentId {
    const id = this.ids.get(scenario);
    if (id === undefined) throw new Error(`the scenario ${scenario} begins without a report`);
    return id;
  }
}
