import { useSignal } from '@preact/signals';
import type { components } from '../../../../src/shared/api-schema.js';
import { useApp } from '../../app-context.js';
import type { Role } from '../../session/session.js';
import { Select } from '../../shell/select.js';
import { texts } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import { Field } from '../parts/field.js';
import { FormDialog } from '../parts/form-dialog.js';
import { PublicKeyField } from './public-key-field.js';

type Issued = components['schemas']['IssuedAccessKeyResponse'];

const ROLES = ['operator', 'reader', 'reporter', 'scraper', 'admin'] as const satisfies readonly Role[];

interface Props {
  readonly onCreated: (key: Issued) => Promise<void>;
  readonly onClose: () => void;
}

/** The form of a new key. */
export function KeyForm({ onCreated, onClose }: Props) {
  const { api } = useApp();
  const { keys: text } = pageTexts.value;
  const name = useSignal('');
  const role = useSignal<Role>('operator');
  const impersonates = useSignal(false);
  const signedOnly = useSignal(false);
  const publicKey = useSignal('');
  const expires = useSignal('');

  const submit = async () => {
    const json = {
      name: name.value.trim(),
      role: role.value,
      can_impersonate: impersonates.value,
      signed_only: signedOnly.value,
      ...(publicKey.value.trim() !== '' && { public_key: publicKey.value.trim() }),
      ...(expires.value !== '' && { expires_at: expires.value }),
    };
    const { body } = await api.post('/api/v1/keys', { json });
    await onCreated(body);
  };

  return (
    <FormDialog title={text.create} action={text.create} onSubmit={submit} onClose={onClose}>
      <Field label={text.name} hint={text.nameHint}>
        {(ids) => (
          <input
            {...ids}
            name="name"
            required
            autocomplete="off"
            value={name}
            onInput={({ currentTarget: { value } }) => (name.value = value)}
          />
        )}
      </Field>
      <Field label={text.role}>
        {(ids) => (
          <Select
            {...ids}
            name="role"
            value={role.value}
            choices={ROLES}
            textOf={(each) => texts.value.roles[each]}
            onChoose={(each) => (role.value = each)}
          />
        )}
      </Field>
      <Field label={text.expires} hint={text.expiresHint}>
        {(ids) => (
          <input
            {...ids}
            type="date"
            name="expires"
            value={expires}
            onInput={({ currentTarget: { value } }) => (expires.value = value)}
          />
        )}
      </Field>
      <label class="check">
        <input
          type="checkbox"
          name="impersonates"
          checked={impersonates}
          onChange={({ currentTarget: { checked } }) => (impersonates.value = checked)}
        />
        {text.impersonates} ({text.impersonatesHint})
      </label>
      <label class="check">
        <input
          type="checkbox"
          name="signed_only"
          checked={signedOnly}
          onChange={({ currentTarget: { checked } }) => (signedOnly.value = checked)}
        />
        {text.signedOnly} ({text.signedOnlyHint})
      </label>
      <PublicKeyField value={publicKey} />
    </FormDialog>
  );
}
