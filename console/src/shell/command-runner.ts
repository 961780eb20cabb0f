import type { ReadonlySignal } from '@preact/signals';
import { personOf } from '../../../src/shared/person.js';
import { type Command, isLegal } from '../incidents/commands.js';
import type { Outcome, Refusal } from '../incidents/incident-changes.js';
import type { IncidentStore } from '../incidents/incident-store.js';
import { formats, texts } from '../translations/translations.js';
import { explain } from './explain.js';
import type { Toasts } from './toasts.js';
import { type Undoable, UndoStack } from './undo-stack.js';

/** Carries out commands on incidents, says what became of each, and takes them back. */
export class CommandRunner {
  private readonly undoStack = new UndoStack();

  constructor(
    private readonly store: IncidentStore,
    private readonly toasts: Toasts,
    private readonly now: ReadonlySignal<Date>,
  ) {}

  /** Carries out a command, and says what became of it. */
  async run(
    id: number,
    command: Command,
    options: { idempotencyKey?: string; isForced?: boolean } = {},
  ): Promise<Outcome> {
    const change = this.store.change(id, command, options);
    const entry = this.undoStack.add(id, change);
    const outcome = await change;
    if (outcome.outcome === 'refused') this.showRefusal(outcome);
    else {
      this.toasts.show({
        kind: 'done',
        text: texts.value.outcome.done(id, command.kind),
        action: outcome.undo && { label: texts.value.undo, run: () => void this.takeBack(entry) },
      });
    }
    return outcome;
  }

  /** Carries out a command for many incidents; lists each refusal. */
  async runMany(ids: readonly number[], command: Command): Promise<void> {
    const text = texts.value.outcome;
    const outcomes = await this.store.changeMany(ids, command);
    const refusals = outcomes.filter((each) => each.outcome === 'refused');
    const doneCount = outcomes.length - refusals.length;
    if (doneCount > 0) this.toasts.show({ kind: 'done', text: text.many(doneCount, command.kind) });
    if (refusals.length === 0) return;
    const lines = refusals.map((refusal) => `#${refusal.id}: ${this.reasonOf(refusal)}`);
    this.toasts.show({ kind: 'refused', text: text.someRefused(refusals.length), lines });
  }

  private showRefusal(refusal: Refusal): void {
    const { id, command, incident, meanwhile } = refusal;
    const text = texts.value.outcome;
    const reason = this.reasonOf(refusal);
    const canForce = meanwhile.length > 0 && incident !== undefined && isLegal(command.kind, incident);
    this.toasts.show({
      kind: 'refused',
      text: meanwhile.length > 0 ? text.meanwhile(id, reason) : text.refused(id, reason),
      action: canForce
        ? {
            label: text.doItAnyway(texts.value.actions[command.kind]),
            run: () => void this.run(id, command, { isForced: true }),
          }
        : undefined,
    });
  }

  /** What happened meanwhile, or why the service refuses. */
  private reasonOf({ reason, meanwhile }: Refusal): string {
    const { value: text } = texts;
    const now = this.now.value;
    if (meanwhile.length > 0) {
      return meanwhile
        .slice(-3)
        .map(
          (event) =>
            `${personOf(event.actor)}: ${text.events[event.type](event)} (${formats.value.relative(new Date(event.at), now)})`,
        )
        .join('; ');
    }
    return reason ? explain(reason) : text.outcome.illegal;
  }

  /** Takes the last command back. @returns false if there is none. */
  undo(): boolean {
    const { last } = this.undoStack;
    if (!last) return false;
    void this.takeBack(last);
    return true;
  }

  /** Takes a command back once its outcome is known, unless that was done already. */
  private async takeBack(entry: Undoable): Promise<void> {
    if (!this.undoStack.remove(entry)) return;
    const command = await entry.undo;
    if (!command) return;
    const { id } = entry;
    const outcome = await this.store.change(id, command);
    if (outcome.outcome === 'refused') this.showRefusal(outcome);
    else this.toasts.show({ kind: 'done', text: texts.value.outcome.undone(id) });
  }
}
