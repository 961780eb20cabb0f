import { useSignal } from '@preact/signals';
import { Dialog } from '../../shell/dialog.js';
import { texts } from '../../translations/translations.js';
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
      <p>
        <bdi>{question.text}</bdi>
      </p>
      <ActionProblem error={error.value} />
      <div class="dialog-buttons">
        <button type="button" onClick={onClose}>
          {texts.value.cancel}
        </button>
        <button type="button" class="primary" disabled={isBusy} onClick={() => void confirm()}>
          {question.action}
        </button>
      </div>
    </Dialog>
  );
}
