import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Incident } from '../api/types.js';
import { applyCommand, type Circumstances, type Command } from './commands.js';

/** An incident that the page has: its newest state, and the commands on it whose outcome is not known yet. */
export class KnownIncident {
  private readonly current: Signal<Incident>;
  private pending: readonly Command[] = [];
  private queue: Promise<unknown> = Promise.resolve();

  /**
   * @param base the newest state that the service has sent.
   * @param isWhole whether its description is complete; lists have excerpts.
   */
  constructor(
    private base: Incident,
    private isWhole: boolean,
  ) {
    this.current = signal(base);
  }

  /** What the page shows: the newest state with the pending commands. */
  get shown(): ReadonlySignal<Incident> {
    return this.current;
  }

  get newest(): Incident {
    return this.base;
  }

  /** Whether the page has the whole description. */
  get hasWholeDescription(): boolean {
    return this.isWhole;
  }

  get isPending(): boolean {
    return this.pending.length > 0;
  }

  /** Takes over a state of the service. @returns false if a newer one is known, or more of the same. */
  accept(incident: Incident, isWhole: boolean): boolean {
    if (incident.version < this.base.version) return false;
    if (incident.version === this.base.version && this.isWhole && !isWhole) return false;
    this.base = incident;
    // With an excerpt of a newer version, the page has no complete description any more.
    this.isWhole = isWhole;
    return true;
  }

  /** Takes over the state after an event, which leaves the description as complete as it was. */
  advance(incident: Incident): void {
    this.base = incident;
  }

  begin(command: Command): void {
    this.pending = [...this.pending, command];
  }

  end(command: Command): void {
    this.pending = this.pending.filter((each) => each !== command);
  }

  /** Sends what commands ask for one after the other. */
  inTurn<Result>(send: () => Promise<Result>): Promise<Result> {
    const sent = this.queue.then(send);
    this.queue = sent.catch(() => undefined);
    return sent;
  }

  /** Shows the newest state with the pending commands. */
  refresh(circumstances: Circumstances): void {
    this.current.value = this.pending.reduce(
      (incident, command) => applyCommand(incident, command, circumstances),
      this.base,
    );
  }
}
