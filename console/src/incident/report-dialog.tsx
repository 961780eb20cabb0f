import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useApp } from '../app-context.js';
import { SOURCES, type Source } from '../api/types.js';
import { explainForReport, ReportFileField } from '../attachments/report-file-field.js';
import { requireReadable } from '../attachments/received-files.js';
import { sendDraft } from '../drafts/send-draft.js';
import { findReport, matchesFiles, type SentReport, sentReportOf } from '../drafts/sent-report.js';
import { REPORT_PLACE } from '../drafts/unanswered.js';
import { isSubmit } from '../keyboard/shortcuts.js';
import { Dialog } from '../shell/dialog.js';
import { DialogButtons } from '../shell/dialog-buttons.js';
import { Select } from '../shell/select.js';
import { texts } from '../translations/translations.js';

/** A new report. What is typed survives everything until it is sent. */
export function ReportDialog({ onClose }: { readonly onClose: () => void }) {
  const { api, drafts, reportFiles, store, toasts, userActions } = useApp();
  const text = drafts.textOf(REPORT_PLACE);
  const source = useSignal<Source>('operator');
  const urgent = useSignal(false);
  const isSending = useSignal(false);
  const failure = useSignal<string | undefined>(undefined);
  const progress = useSignal<number | undefined>(0);
  const form = useRef<HTMLFormElement>(null);
  const sending = useRef<AbortController | undefined>(undefined);
  // Files take their time: somebody may close the dialog, and open another one, before they are sent.
  const isOpen = useRef(true);
  useEffect(
    () => () => {
      isOpen.current = false;
    },
    [],
  );

  const fail = (reason: string) => {
    failure.value = reason;
    if (isOpen.current) return;
    const action = { label: texts.value.actions.open, run: () => userActions.perform('report') };
    toasts.show({ kind: 'refused', text: reason, action });
  };

  const onProgress = (fraction: number | undefined) => {
    progress.value = fraction;
  };

  const send = async () => {
    if (text.value.trim() === '' || isSending.value) return;
    isSending.value = true;
    failure.value = undefined;
    const { value: files } = reportFiles.files;
    const { signal } = (sending.current = new AbortController());
    try {
      await Promise.all(files.map(requireReadable));
      const report = { description: text.value, source: source.value, ...(urgent.value && { urgent: true }) };
      const body = sentReportOf(report, files);
      const { result: id, isEarlier } = await sendDraft(drafts, REPORT_PLACE, body, async ({ key, json }) => {
        const { files: marks, ...sent } = json as SentReport;
        if (!marks) return store.report(sent, key);
        if (!matchesFiles({ ...sent, files: marks }, files)) return findReport(api, key);
        return store.report(sent, key, { files, signal, onProgress });
      });
      toasts.show({
        kind: 'done',
        text: texts.value.outcome.reported(id),
        action: { label: texts.value.actions.open, run: () => userActions.open(id) },
      });
      const isUnsent = text.value !== '' || files.length > 0;
      if (isEarlier && isUnsent) fail(texts.value.forms.earlierSent);
      else {
        reportFiles.remove(files);
        if (isOpen.current) onClose();
      }
    } catch (error) {
      fail(signal.aborted ? texts.value.files.cancelled : explainForReport(error, files));
    }
    isSending.value = false;
  };

  const { forms, sources } = texts.value;
  const isUploading = isSending.value && reportFiles.files.value.length > 0;
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
          <Select
            name="source"
            value={source.value}
            choices={SOURCES}
            textOf={(each) => sources[each]}
            onChoose={(each) => (source.value = each)}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={urgent}
            onChange={(event) => (urgent.value = event.currentTarget.checked)}
          />
          {forms.urgent}
        </label>
        <ReportFileField isSending={isSending} progress={progress} />
        <p class="error" role="alert">
          {failure}
        </p>
        <DialogButtons
          label={isSending.value ? forms.sending : forms.send}
          isBusy={isSending}
          // Cancelling an upload is no reason to lose sight of what was typed.
          onClose={isUploading ? () => sending.current?.abort() : onClose}
        />
      </form>
    </Dialog>
  );
}
