import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useApp } from '../app-context.js';
import { requireRequestError } from '../api/problems.js';
import type { SimilarIncident } from '../api/types.js';
import { Dialog } from '../shell/dialog.js';
import { DialogButtons } from '../shell/dialog-buttons.js';
import { texts } from '../translations/translations.js';

interface Props {
  readonly id: number;
  /** The one that is proposed. */
  readonly original?: number;
  readonly onClose: () => void;
}

/** Asks which incident another one repeats; similar ones are offered. */
export function DuplicateDialog({ id, original: proposed, onClose }: Props) {
  const { api, commands } = useApp();
  const { forms } = texts.value;
  const original = useSignal(proposed === undefined ? '' : String(proposed));
  const similar = useSignal<readonly SimilarIncident[]>([]);
  useEffect(() => {
    // Without an answer nothing is offered, and the number can be typed.
    api
      .get('/api/v1/incidents/{id}/similar', { params: { id } })
      .then(({ body }) => (similar.value = body.slice(0, 5)), requireRequestError);
  }, []);
  return (
    <Dialog title={forms.duplicate(id)} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const number = Number(original.value.replace('#', ''));
          if (!Number.isSafeInteger(number) || number < 1) return;
          onClose();
          void commands.run(id, { kind: 'duplicate', original: number });
        }}
      >
        <label>
          {forms.original}
          <input
            name="original"
            inputMode="numeric"
            pattern=" *#?[1-9][0-9]* *"
            required
            autofocus
            autocomplete="off"
            value={original}
            onInput={(event) => (original.value = event.currentTarget.value)}
          />
        </label>
        {similar.value.length > 0 && (
          <fieldset class="choices">
            <legend>{texts.value.incident.similar}</legend>
            {similar.value.map((each) => (
              <label key={each.id}>
                <input
                  type="radio"
                  name="similar"
                  checked={original.value === String(each.id)}
                  onChange={() => (original.value = String(each.id))}
                />
                #{each.id}{' '}
                <span class="line" dir="auto">
                  {each.description}
                </span>
              </label>
            ))}
          </fieldset>
        )}
        <p class="hint">{forms.duplicateHint}</p>
        <DialogButtons label={forms.markAndClose} onClose={onClose} />
      </form>
    </Dialog>
  );
}
