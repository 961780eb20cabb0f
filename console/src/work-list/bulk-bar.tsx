import { useApp } from '../app-context.js';
import { BULK_KINDS } from '../incidents/commands.js';
import { KeyHint } from '../keyboard/key-hint.js';
import { texts } from '../translations/translations.js';

/** What can be done with the marked incidents. */
export function BulkBar() {
  const { userActions } = useApp();
  const { size } = userActions.selection.marked.value;
  if (size === 0) return null;
  return (
    <div class="bulk" role="toolbar" aria-label={texts.value.list.selected(size)}>
      <strong>{texts.value.list.selected(size)}</strong>
      {BULK_KINDS.map((kind) => (
        <button key={kind} type="button" onClick={() => userActions.perform(kind)}>
          {texts.value.actions[kind]} <KeyHint action={kind} />
        </button>
      ))}
      <button type="button" class="quiet" onClick={() => userActions.selection.clearMarks()}>
        {texts.value.list.clear} <KeyHint action="back" />
      </button>
    </div>
  );
}
