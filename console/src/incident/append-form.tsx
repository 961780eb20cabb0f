import { useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { requireRequestError } from '../api/problems.js';
import { useApp } from '../app-context.js';
import { sendDraft } from '../drafts/send-draft.js';
import { appendPlaceOf } from '../drafts/unanswered.js';
import { isSubmit } from '../keyboard/shortcuts.js';
import { KeyHint } from '../keyboard/key-hint.js';
import { texts } from '../translations/translations.js';

/** The field for a line of news. What is typed survives everything until it is sent. */
export function AppendForm({ id }: { readonly id: number }) {
  const { commands, drafts, toasts, userActions } = useApp();
  const place = appendPlaceOf(id);
  const text = drafts.textOf(place);
  const isSending = useSignal(false);
  const field = useRef<HTMLTextAreaElement>(null);

  useSignalEffect(() => {
    if (userActions.focus.value?.target === 'append') field.current?.focus();
  });

  const send = async () => {
    const { value } = text;
    if (value.trim() === '' || isSending.value) return;
    isSending.value = true;
    try {
      const sent = await sendDraft(drafts, place, { description_append: value }, async ({ key, json }) => {
        const { description_append: line } = json as { description_append: string };
        const outcome = await commands.run(id, { kind: 'append', text: line }, { idempotencyKey: key });
        if (outcome.outcome === 'refused') throw outcome.reason ?? new Error('an append is always legal');
      });
      if (sent.isEarlier) toasts.show({ kind: 'refused', text: texts.value.forms.earlierSent });
    } catch (error) {
      // The message about the refusal is shown already.
      requireRequestError(error);
    } finally {
      isSending.value = false;
    }
  };

  const { forms } = texts.value;
  return (
    <form
      class="append"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label>
        <span>
          {forms.append} <KeyHint action="append" />
        </span>
        <textarea
          ref={field}
          rows={2}
          maxLength={10_000}
          dir="auto"
          placeholder={forms.appendPlaceholder}
          value={text}
          readOnly={isSending}
          onInput={(event) => (text.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (isSubmit(event)) {
              event.preventDefault();
              void send();
            } else if (event.key === 'Escape') {
              event.stopPropagation();
              event.currentTarget.blur();
            }
          }}
        />
      </label>
      <button type="submit" disabled={isSending.value || text.value.trim() === ''}>
        {isSending.value ? forms.sending : forms.send} <kbd aria-hidden="true">{forms.sendHint}</kbd>
      </button>
    </form>
  );
}
