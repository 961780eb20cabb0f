import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { useApp } from '../app-context.js';
import { type Report, SOURCES, type Source } from '../api/types.js';
import { sendDraft } from '../drafts/send-draft.js';
import { REPORT_PLACE } from '../drafts/unanswered.js';
import { isSubmit } from '../keyboard/shortcuts.js';
import { Dialog } from '../shell/dialog.js';
import { DialogButtons } from '../shell/dialog-buttons.js';
import { explain } from '../shell/user-actions.js';
import { texts } from '../translations/translations.js';

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
        <DialogButtons
          label={isSending.value ? forms.sending : forms.send}
          isBusy={isSending}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}
