import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useApp } from '../app-context.js';
import { type Report, SOURCES, type SimilarIncident, type Source } from '../api/types.js';
import { sendDraft } from '../drafts/send-draft.js';
import { REPORT_PLACE } from '../drafts/unanswered.js';
import { isSubmit } from '../keyboard/shortcuts.js';
import { explain } from '../shell/user-actions.js';
import { Dialog } from '../shell/dialog.js';
import { texts } from '../translations/translations.js';

interface Props {
  readonly id: number;
  readonly onClose: () => void;
}

/** Asks to whom an incident is handed over. */
export function HandOverDialog({ id, onClose }: Props) {
  const { store, userActions } = useApp();
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
          void userActions.run(id, { kind: 'hand_over', to });
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
        <Buttons label={texts.value.actions.hand_over} onClose={onClose} />
      </form>
    </Dialog>
  );
}

/** Asks which incident another one repeats; similar ones are offered. */
export function DuplicateDialog({ id, original: proposed, onClose }: Props & { readonly original?: number }) {
  const { api, userActions } = useApp();
  const { forms } = texts.value;
  const original = useSignal(proposed === undefined ? '' : String(proposed));
  const similar = useSignal<readonly SimilarIncident[]>([]);
  useEffect(() => {
    // Without an answer nothing is offered, and the number can be typed.
    api.get('/api/v1/incidents/{id}/similar', { params: { id } }).then(
      ({ body }) => (similar.value = body.slice(0, 5)),
      () => {},
    );
  }, []);
  return (
    <Dialog title={forms.duplicate(id)} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const number = Number(original.value.replace('#', ''));
          if (!Number.isSafeInteger(number) || number < 1) return;
          onClose();
          void userActions.run(id, { kind: 'duplicate', original: number });
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
        <Buttons label={forms.markAndClose} onClose={onClose} />
      </form>
    </Dialog>
  );
}

/** A new report. What is typed survives everything until it is sent. */
export function ReportDialog({ onClose }: { readonly onClose: () => void }) {
  const { drafts, store, toasts, userActions } = useApp();
  const text = drafts.textOf(REPORT_PLACE);
  const source = useSignal<Source>('operator');
  const urgent = useSignal(false);
  const isSending = useSignal(false);
  const failure = useSignal<string | undefined>(undefined);
  const form = useRef<HTMLFormElement>(null);

  const send = async () => {
    if (text.value.trim() === '' || isSending.value) return;
    isSending.value = true;
    failure.value = undefined;
    try {
      const report = { description: text.value, source: source.value, ...(urgent.value && { urgent: true }) };
      const { result: id, isEarlier } = await sendDraft(drafts, REPORT_PLACE, report, ({ key, json }) =>
        store.report(json as Report, key),
      );
      toasts.show({
        kind: 'done',
        text: texts.value.outcome.reported(id),
        action: { label: texts.value.actions.open, run: () => userActions.open(id) },
      });
      if (isEarlier) failure.value = texts.value.forms.earlierSent;
      else onClose();
    } catch (error) {
      failure.value = explain(error);
    }
    isSending.value = false;
  };

  const { forms, sources } = texts.value;
  return (
    <Dialog title={forms.report} onClose={onClose}>
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
        onKeyDown={(event) => {
          if (!isSubmit(event)) return;
          event.preventDefault();
          form.current?.requestSubmit();
        }}
      >
        <label>
          {forms.description}
          <textarea
            name="description"
            rows={5}
            required
            autofocus
            maxLength={10_000}
            dir="auto"
            value={text}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
        </label>
        <label>
          {forms.source}
          <select
            name="source"
            value={source}
            onChange={(event) => (source.value = event.currentTarget.value as Source)}
          >
            {SOURCES.map((each) => (
              <option key={each} value={each}>
                {sources[each]}
              </option>
            ))}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={urgent}
            onChange={(event) => (urgent.value = event.currentTarget.checked)}
          />
          {forms.urgent}
        </label>
        <p class="error" role="alert">
          {failure}
        </p>
        <Buttons
          label={isSending.value ? forms.sending : forms.send}
          isBusy={isSending.value}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}

function Buttons({
  label,
  isBusy = false,
  onClose,
}: {
  readonly label: string;
  readonly isBusy?: boolean;
  readonly onClose: () => void;
}) {
  return (
    <div class="dialog-buttons">
      <button type="button" onClick={onClose}>
        {texts.value.cancel}
      </button>
      <button type="submit" class="primary" disabled={isBusy}>
        {label}
      </button>
    </div>
  );
}
