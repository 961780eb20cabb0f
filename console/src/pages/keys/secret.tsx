import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { Dialog } from '../../shell/dialog.js';
import { pageTexts } from '../page-texts.js';

/** A text that is shown once: a key, or a sign-in link. */
export interface Secret {
  readonly title: string;
  readonly note: string;
  readonly value: string;
}

/** Shows a secret to be copied. It is nowhere else, and gone when the dialog is closed. */
export function SecretDialog({ secret, onClose }: { readonly secret: Secret; readonly onClose: () => void }) {
  const { copy, copied, close } = pageTexts.value;
  const field = useRef<HTMLInputElement>(null);
  const isCopied = useSignal(false);
  const copyValue = async () => {
    field.current?.select();
    // Browsers have a clipboard only over TLS and on this machine: elsewhere the text is selected, to be copied by hand.
    await navigator.clipboard?.writeText(secret.value).then(
      () => (isCopied.value = true),
      () => {},
    );
  };
  return (
    <Dialog title={secret.title} onClose={onClose}>
      <input ref={field} class="secret" readOnly value={secret.value} aria-label={secret.title} dir="ltr" />
      <p class="muted">{secret.note}</p>
      <div class="dialog-buttons">
        <span role="status">{isCopied.value && copied}</span>
        <button type="button" onClick={() => void copyValue()}>
          {copy}
        </button>
        <button type="button" class="primary" onClick={onClose}>
          {close}
        </button>
      </div>
    </Dialog>
  );
}
