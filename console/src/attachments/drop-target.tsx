import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type AppContext, useApp } from '../app-context.js';
import { texts } from '../translations/translations.js';
import { hasFiles, pastedFiles } from './received-files.js';

/** What files that are dropped or pasted become part of: an incident, or the new report. */
export type DropTarget =
  { readonly kind: 'incident'; readonly id: number } | { readonly kind: 'report' } | undefined;

/** Where files that are dragged over the page would go; undefined while none are, and where they cannot be dropped. */
export const dropTarget = signal<DropTarget>(undefined);

/** The incident that is open, else the new report. Behind a dialog there is no target. */
function targetOf({ router, userActions }: AppContext): DropTarget {
  const { value: place } = router.place;
  const { value: dialog } = userActions.dialog;
  if (!userActions.mayAttach || place.page !== 'list') return undefined;
  if (dialog) return dialog.kind === 'report' ? { kind: 'report' } : undefined;
  return place.incident === undefined ? { kind: 'report' } : { kind: 'incident', id: place.incident };
}

/** Lets people drop and paste files anywhere on the page, and says where dropped ones go. */
export function TransferredFiles() {
  const app = useApp();
  const { value: target } = dropTarget;
  useEffect(() => {
    const listening = new AbortController();
    const { signal: stop } = listening;
    const on = (
      type: 'dragover' | 'dragleave' | 'drop',
      handle: (event: DragEvent, data: DataTransfer) => void,
    ) =>
      addEventListener(
        type,
        (event) => {
          if (event.dataTransfer && hasFiles(event.dataTransfer)) handle(event, event.dataTransfer);
        },
        { signal: stop },
      );
    on('dragover', (event, data) => {
      // Otherwise the browser would leave the page, and show the file.
      event.preventDefault();
      const next = targetOf(app);
      data.dropEffect = next ? 'copy' : 'none';
      if (JSON.stringify(next) !== JSON.stringify(dropTarget.value)) dropTarget.value = next;
    });
    on('dragleave', ({ relatedTarget }) => {
      if (relatedTarget === null) dropTarget.value = undefined;
    });
    on('drop', (event, data) => {
      event.preventDefault();
      dropTarget.value = undefined;
      receive(app, [...data.files]);
    });
    addEventListener(
      'paste',
      (event) => {
        const files = event.clipboardData ? pastedFiles(event.clipboardData) : [];
        // The search takes no files, and is no part of an incident.
        if (files.length === 0 || event.target instanceof HTMLInputElement || !targetOf(app)) return;
        event.preventDefault();
        receive(app, files);
      },
      { signal: stop },
    );
    return () => listening.abort();
  }, [app]);
  // The dialog of the report says so itself.
  if (!target || (target.kind === 'report' && app.userActions.dialog.value)) return null;
  const { files: text } = texts.value;
  return (
    <div class="drop-target">{target.kind === 'incident' ? text.dropOn(target.id) : text.dropOnReport}</div>
  );
}

function receive(app: AppContext, files: readonly File[]): void {
  const target = targetOf(app);
  if (target?.kind === 'incident') app.userActions.attach(target.id, files);
  if (target?.kind !== 'report') return;
  app.reportFiles.add(files);
  app.userActions.perform('report');
}
