import { useSignal } from '@preact/signals';
import { useApp } from '../app-context.js';
import { Dialog } from '../shell/dialog.js';
import { DialogButtons } from '../shell/dialog-buttons.js';
import { texts } from '../translations/translations.js';

interface Props {
  readonly id: number;
  readonly onClose: () => void;
}

/** Asks to whom an incident is handed over. */
export function HandOverDialog({ id, onClose }: Props) {
  const { commands, store } = useApp();
  const person = useSignal('');
  const assignees = new Set(store.rows.peek().flatMap((row) => store.get(row)?.peek().assignee ?? []));
  return (
    <Dialog title={texts.value.forms.handOver(id)} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const to = person.value.trim();
          if (to === '') return;
          onClose();
          void commands.run(id, { kind: 'hand_over', to });
        }}
      >
        <label>
          {texts.value.forms.person}
          <input
            name="person"
            list="people"
            required
            autofocus
            autocomplete="off"
            maxLength={100}
            value={person}
            onInput={(event) => (person.value = event.currentTarget.value)}
          />
        </label>
        <datalist id="people">
          {[...assignees].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <DialogButtons label={texts.value.actions.hand_over} onClose={onClose} />
      </form>
    </Dialog>
  );
}
