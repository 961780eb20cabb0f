import type { Command } from '../incidents/commands.js';
import type { Outcome } from '../incidents/incident-changes.js';

/** A command that somebody has given, and that they may take back. */
export interface Undoable {
  readonly id: number;
  /** What takes it back, once its outcome is known; undefined if nothing does. */
  readonly undo: Promise<Command | undefined>;
}

const MAX_SIZE = 20;

const undoOf = (outcome: Outcome) => (outcome.outcome === 'done' ? outcome.undo : undefined);

/** The last 20 commands of a person. One whose outcome is not known yet is among them: taking it back must not take back an earlier one. */
export class UndoStack {
  private readonly entries: Undoable[] = [];

  /** Adds a command that is under way; it is removed if nothing takes it back. */
  add(id: number, outcome: Promise<Outcome>): Undoable {
    // Whoever waits for the outcome gets its error.
    const entry = { id, undo: outcome.then(undoOf, () => undefined) };
    this.entries.push(entry);
    if (this.entries.length > MAX_SIZE) this.entries.shift();
    void entry.undo.then((command) => command ?? this.remove(entry));
    return entry;
  }

  /** The command that was given last. */
  get last(): Undoable | undefined {
    return this.entries.at(-1);
  }

  /** Removes a command. @returns false if it was removed before. */
  remove(entry: Undoable): boolean {
    const index = this.entries.indexOf(entry);
    if (index !== -1) this.entries.splice(index, 1);
    return index !== -1;
  }
}
