import { FormDialog } from './form-dialog.js';

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
  const confirm = async () => {
    await question.confirm();
    onClose();
  };
  return (
    <FormDialog title={question.title} action={question.action} onSubmit={confirm} onClose={onClose}>
      <p>
        <bdi>{question.text}</bdi>
      </p>
    </FormDialog>
  );
}
