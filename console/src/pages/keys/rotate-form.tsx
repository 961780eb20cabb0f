import { useSignal } from '@preact/signals';
import { Dialog } from '../../shell/dialog.js';
import { DialogButtons } from '../../shell/dialog-buttons.js';
import { pageTexts } from '../page-texts.js';
import { ActionProblem } from '../parts/notice.js';
import { PublicKeyField } from './public-key-field.js';

interface Props {
  readonly onRotate: (publicKey: string) => Promise<void>;
  readonly onClose: () => void;
}

/** The form that replaces a key with a public key: it needs another public key. */
export function RotateForm({ onRotate, onClose }: Props) {
  const { rotate, rotateExplanation } = pageTexts.value.keys;
  const publicKey = useSignal('');
  const error = useSignal<unknown>(undefined);
  const isBusy = useSignal(false);
  const submit = async () => {
    isBusy.value = true;
    try {
      await onRotate(publicKey.value.trim());
      onClose();
    } catch (reason) {
      error.value = reason;
      isBusy.value = false;
    }
  };
  return (
    <Dialog title={rotate} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p>{rotateExplanation}</p>
        <PublicKeyField value={publicKey} required />
        <ActionProblem error={error.value} />
        <DialogButtons label={rotate} isBusy={isBusy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
