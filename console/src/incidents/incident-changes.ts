import { type ReadonlySignal, signal } from '@preact/signals';
import { ApiProblem, requireRequestError } from '../api/problems.js';
import type { Incident, IncidentEvent } from '../api/types.js';
import type { CommandRequests } from './command-requests.js';
import { type Command, isLegal, undoOf } from './commands.js';
import type { KnownIncident } from './known-incident.js';

const MAX_CONCURRENT_CHANGES = 4;

/** What became of a command. */
export type Outcome =
  { readonly outcome: 'done'; readonly incident: Incident; readonly undo?: Command } | Refusal;

export interface Refusal {
  readonly outcome: 'refused';
  readonly id: number;
  readonly command: Command;
  /** Undefined if the command is illegal by what the page knows already: nothing was sent. */
  readonly reason?: Error;
  /** The incident as it is now, as far as that is known. */
  readonly incident?: Incident;
  /** What happened since the version that the person saw. */
  readonly meanwhile: readonly IncidentEvent[];
}

interface ChangeOptions {
  readonly idempotencyKey?: string;
  /** Whether the person has seen what happened meanwhile and wants it all the same. */
  readonly isForced?: boolean;
}

/** Where the incidents of the page are. */
interface Incidents {
  /** The incident, which is fetched if the page does not have it. @throws ApiProblem, NetworkError */
  find(id: number): KnownIncident | Promise<KnownIncident>;
  /** Shows the incident as it is now. */
  update(known: KnownIncident): void;
}

/** Carries out commands on incidents. The page shows their effects at once; what the service refuses is rolled back. */
export class IncidentChanges {
  private readonly lastRefused = signal<{ readonly id: number; readonly count: number }>({ id: 0, count: 0 });

  constructor(
    private readonly incidents: Incidents,
    private readonly requests: CommandRequests,
  ) {}

  /** The incident whose command was refused last, and how many were in all. */
  get refused(): ReadonlySignal<{ readonly id: number; readonly count: number }> {
    return this.lastRefused;
  }

  /** Carries out a command. If the service refuses, the page shows the incident as it is. */
  async change(
    id: number,
    command: Command,
    { idempotencyKey, isForced = false }: ChangeOptions = {},
  ): Promise<Outcome> {
    let known: KnownIncident;
    try {
      const found = this.incidents.find(id);
      // What the page has changes at once, without the turn of the event loop that an await takes.
      known = found instanceof Promise ? await found : found;
    } catch (error) {
      return { outcome: 'refused', id, command, reason: requireRequestError(error), meanwhile: [] };
    }
    const before = known.shown.value;
    if (!isLegal(command.kind, before)) {
      return { outcome: 'refused', id, command, incident: before, meanwhile: [] };
    }
    known.begin(command);
    this.incidents.update(known);
    try {
      const { body } = await known.inTurn(() =>
        this.requests.send(known.newest, command, { idempotencyKey, isForced }),
      );
      known.end(command);
      known.accept(body, true);
      this.incidents.update(known);
      return { outcome: 'done', incident: body, undo: undoOf(command, before) };
    } catch (error) {
      return await this.rollBack(known, command, requireRequestError(error), before.version);
    }
  }

  /** Carries out a command on many incidents. @returns the outcomes in the order of the ids. */
  async changeMany(ids: readonly number[], command: Command): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    const remaining = [...ids.entries()];
    const work = async () => {
      for (let next = remaining.shift(); next; next = remaining.shift()) {
        const [index, id] = next;
        outcomes[index] = await this.change(id, command);
      }
    };
    await Promise.all(Array.from({ length: MAX_CONCURRENT_CHANGES }, work));
    return outcomes;
  }

  /** @param seen the version that the person saw: events of later ones may have arrived since. */
  private async rollBack(
    known: KnownIncident,
    command: Command,
    reason: Error,
    seen: number,
  ): Promise<Refusal> {
    const { id } = known.newest;
    known.end(command);
    this.incidents.update(known);
    this.lastRefused.value = { id, count: this.lastRefused.value.count + 1 };
    const isConflict = reason instanceof ApiProblem && (reason.status === 409 || reason.status === 412);
    const meanwhile = isConflict ? await this.requests.eventsSince(id, seen) : [];
    return { outcome: 'refused', id, command, reason, incident: known.shown.value, meanwhile };
  }
}
