import type { ReportIncidentCommand } from '../../application/incident/report-incident.js';
import type { UpdateIncidentCommand } from '../../application/incident/update-incident.js';
import type { Provenance } from '../../domain/incident/incident-channel.js';
import type { DemoFile } from './files.js';
import type { Random } from './random.js';

/** Identifies an incident before it has an id. */
export type ScenarioId = number;

type Step =
  | { readonly type: 'report'; readonly report: ReportIncidentCommand }
  | { readonly type: 'update'; readonly update: Omit<UpdateIncidentCommand, 'id'> }
  | { readonly type: 'resolve-alert'; readonly dedupKey: string; readonly by: Provenance }
  | { readonly type: 'attach'; readonly files: readonly DemoFile[]; readonly by: Provenance }
  | { readonly type: 'mark-duplicate'; readonly duplicateOf: ScenarioId; readonly by: Provenance };

/** One thing that happens to the incident of a scenario. */
export type DemoAction = Step & { readonly scenario: ScenarioId; readonly at: Date };

const MINUTE_MS = 60_000;

/** What happens to one incident, in order. Each step happens after a wait. */
export class Scenario {
  readonly actions: DemoAction[] = [];

  constructor(
    readonly id: ScenarioId,
    private at: Date,
    private readonly random: Random,
  ) {}

  /** When its last step happens. */
  get endsAt(): Date {
    return this.at;
  }

  /** Lets a random time pass, half of the time longer than this one. */
  wait(medianMinutes: number): this {
    const durationMs = Math.max(this.random.around(medianMinutes) * MINUTE_MS, 1_000);
    this.at = new Date(this.at.getTime() + Math.round(durationMs));
    return this;
  }

  report(report: ReportIncidentCommand): this {
    return this.add({ type: 'report', report });
  }

  update(by: Provenance, changes: Omit<UpdateIncidentCommand, 'id' | keyof Provenance>): this {
    return this.add({ type: 'update', update: { ...by, ...changes } });
  }

  resolveAlert(dedupKey: string, by: Provenance): this {
    return this.add({ type: 'resolve-alert', dedupKey, by });
  }

  /** Attaches files, at the end of the week. */
  attach(files: readonly DemoFile[], by: Provenance): this {
    return this.add({ type: 'attach', files, by });
  }

  markDuplicate(duplicateOf: ScenarioId, by: Provenance): this {
    return this.add({ type: 'mark-duplicate', duplicateOf, by });
  }

  private add(step: Step): this {
    this.actions.push({ ...step, scenario: this.id, at: this.at });
    return this;
  }
}
