import { useSignal } from '@preact/signals';
import { useApp } from '../../app-context.js';
import { pageTexts } from '../page-texts.js';
import { Field } from '../parts/field.js';
import { FormDialog } from '../parts/form-dialog.js';

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

  const submit = async () => {
    const json = { webhook_secret: secret.value === '' ? null : secret.value };
    await api.patch('/api/v1/keys/{id}', { params: { id }, json });
    await onSaved();
  };

  return (
    <FormDialog
      title={text.webhookSecretTitle(name)}
      action={pageTexts.value.save}
      onSubmit={submit}
      onClose={onClose}
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
    </FormDialog>
  );
}
