import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Dialog } from '../../shell/dialog.js';
import { DialogButtons } from '../../shell/dialog-buttons.js';
import { ActionProblem } from './notice.js';

interface Props {
  readonly title: string;
  /** What the form does. */
  readonly action: string;
  /** Does it. A rejection is shown, and the form stays. */
  readonly onSubmit: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A form in a dialog. It is submitted once at a time, and closed by what it does. */
export function FormDialog({ title, action, onSubmit, onClose, children }: Props) {
  const error = useSignal<unknown>(undefined);
  const isBusy = useSignal(false);

  const submit = async () => {
    if (isBusy.value) return;
    isBusy.value = true;
    error.value = undefined;
    try {
      await onSubmit();
    } catch (reason) {
      error.value = reason;
    }
    isBusy.value = false;
  };

  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {children}
        <ActionProblem error={error.value} />
        <DialogButtons label={action} isBusy={isBusy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
