import type { ReadonlySignal } from '@preact/signals';
import { texts } from '../translations/translations.js';

interface Props {
  /** What the form in the dialog does. */
  readonly label: string;
  /** Whether it is doing that. */
  readonly isBusy?: ReadonlySignal<boolean>;
  readonly onClose: () => void;
}

/** The end of a form in a dialog: cancel, or submit it. */
export function DialogButtons({ label, isBusy, onClose }: Props) {
  return (
    <div class="dialog-buttons">
      <button type="button" onClick={onClose}>
        {texts.value.cancel}
      </button>
      <button type="submit" class="primary" disabled={isBusy}>
        {label}
      </button>
    </div>
  );
}
