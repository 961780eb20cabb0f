import { useSignal } from '@preact/signals';
import { useApp } from '../../app-context.js';
import { Dialog } from '../../shell/dialog.js';
import { DialogButtons } from '../../shell/dialog-buttons.js';
import { pageTexts } from '../page-texts.js';
import { Field } from '../parts/field.js';
import { ActionProblem } from '../parts/notice.js';

interface Props {
  readonly id: number;
  readonly name: string;
  readonly onSaved: () => Promise<void>;
  readonly onClose: () => void;
}

/** Sets or removes the secret with which the senders of a key sign. It can be written, and never read. */
export function WebhookSecretForm({ id, name, onSaved, onClose }: Props) {
  const { api } = useApp();
  const { keys: text } = pageTexts.value;
  const secret = useSignal('');
  const error = useSignal<unknown>(undefined);
  const isBusy = useSignal(false);

  const submit = async () => {
    isBusy.value = true;
    error.value = undefined;
    try {
      const json = { webhook_secret: secret.value === '' ? null : secret.value };
      await api.patch('/api/v1/keys/{id}', { params: { id }, json });
      await onSaved();
    } catch (reason) {
      error.value = reason;
    }
    isBusy.value = false;
  };

  return (
    <Dialog title={text.webhookSecretTitle(name)} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field label={text.webhookSecret} hint={text.webhookSecretHint}>
          {(ids) => (
            <input
              {...ids}
              type="password"
              name="webhook-secret"
              autocomplete="off"
              value={secret}
              onInput={({ currentTarget: { value } }) => (secret.value = value)}
            />
          )}
        </Field>
        <ActionProblem error={error.value} />
        <DialogButtons label={pageTexts.value.save} isBusy={isBusy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
