import { useSignal } from '@preact/signals';
import { pageTexts } from '../page-texts.js';
import { FormDialog } from '../parts/form-dialog.js';
import { PublicKeyField } from './public-key-field.js';

interface Props {
  readonly onRotate: (publicKey: string) => Promise<void>;
  readonly onClose: () => void;
}

/** The form that replaces a key with a public key: it needs another public key. */
export function RotateForm({ onRotate, onClose }: Props) {
  const { rotate, rotateExplanation } = pageTexts.value.keys;
  const publicKey = useSignal('');
  const submit = async () => {
    await onRotate(publicKey.value.trim());
    onClose();
  };
  return (
    <FormDialog title={rotate} action={rotate} onSubmit={submit} onClose={onClose}>
      <p>{rotateExplanation}</p>
      <PublicKeyField value={publicKey} required />
    </FormDialog>
  );
}
