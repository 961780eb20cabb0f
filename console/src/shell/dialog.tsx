import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  /** Of a dialog with another form than that of a question. */
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A modal dialog: the browser keeps the focus in it, Escape closes it, and the focus returns afterwards. */
export function Dialog({ title, onClose, class: name, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Not `useEffect`, which cleans up after the dialog has left the page: then the browser no longer returns the focus.
  useLayoutEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => current?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={name}
      aria-labelledby={titleId}
      // Escape. The event of the dialog's end arrives later, and a key pressed in between would be lost. A file input sends this event too.
      onCancel={({ target, currentTarget }) => target === currentTarget && onClose()}
      // It arrives late: after a dialog has been removed, `onClose` would close the one opened since.
      onClose={({ currentTarget }) => currentTarget.isConnected && onClose()}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="dialog-body">
        <h2 id={titleId}>
          <bdi>{title}</bdi>
        </h2>
        {children}
      </div>
    </dialog>
  );
}
