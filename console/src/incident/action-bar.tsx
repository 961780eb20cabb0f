import { useApp } from '../app-context.js';
import type { Incident } from '../api/types.js';
import { type CommandKind, isLegal } from '../incidents/commands.js';
import { KeyHint } from '../keyboard/key-hint.js';
import { texts } from '../translations/translations.js';

/** In the order of the buttons. */
const KINDS = [
  'take',
  'resolve',
  'close',
  'reopen',
  'hand_over',
  'release',
  'urgency',
  'duplicate',
] as const satisfies readonly CommandKind[];

/** The usual next step of each status. */
const NEXT_STEPS: ReadonlySet<CommandKind> = new Set(['take', 'resolve', 'close']);

/** What can be done with an incident, each with its key. */
export function ActionBar({ incident }: { readonly incident: Incident }) {
  const { userActions } = useApp();
  if (!userActions.mayChange) return null;
  const legal = KINDS.filter((kind) => isLegal(kind, incident));
  if (legal.length === 0) return null;
  return (
    <div class="actions" role="toolbar" aria-label={texts.value.incident.actionsLabel}>
      {legal.map((kind) => (
        <button
          key={kind}
          type="button"
          data-action={kind}
          class={NEXT_STEPS.has(kind) ? 'primary' : ''}
          onClick={() => userActions.perform(kind)}
        >
          {kind === 'urgency' && incident.urgent ? texts.value.incident.notUrgent : texts.value.actions[kind]}{' '}
          <KeyHint action={kind} />
        </button>
      ))}
    </div>
  );
}
