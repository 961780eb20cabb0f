import { useSignal } from '@preact/signals';
import { Dialog } from '../../shell/dialog.js';
import { DialogButtons } from '../../shell/dialog-buttons.js';
import { ActionProblem } from './notice.js';

/** A question before something that cannot be undone. */
export interface Question {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  /** What happens if the answer is yes; a rejection is shown, and the question stays. */
  readonly confirm: () => Promise<void>;
}

/** Asks a question. @param onClose is called after the answer, whatever it is. */
export function Confirm({
  question,
  onClose,
}: {
  readonly question: Question;
  readonly onClose: () => void;
}) {
  const error = useSignal<unknown>(undefined);
  const isBusy = useSignal(false);
  const confirm = async () => {
    isBusy.value = true;
    try {
      await question.confirm();
      onClose();
    } catch (reason) {
      error.value = reason;
      isBusy.value = false;
    }
  };
  return (
    <Dialog title={question.title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <p>
          <bdi>{question.text}</bdi>
        </p>
        <ActionProblem error={error.value} />
        <DialogButtons label={question.action} isBusy={isBusy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
