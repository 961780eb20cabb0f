import type { Signal } from '@preact/signals';
import { pageTexts } from '../page-texts.js';
import { Field } from '../parts/field.js';

/** The field of the public key of a program that signs its requests. */
export function PublicKeyField({
  value,
  required = false,
}: {
  readonly value: Signal<string>;
  readonly required?: boolean;
}) {
  const { publicKey, publicKeyHint } = pageTexts.value.keys;
  return (
    <Field label={publicKey} hint={publicKeyHint}>
      {(ids) => (
        <textarea
          {...ids}
          name="public_key"
          rows={3}
          dir="ltr"
          required={required}
          spellcheck={false}
          autocomplete="off"
          value={value}
          onInput={({ currentTarget: { value: text } }) => (value.value = text)}
        />
      )}
    </Field>
  );
}
