import { useComputed } from '@preact/signals';
import { useApp } from '../app-context.js';
import type { Incident } from '../api/types.js';
import { Person, StatusBadge, UrgentBadge, WaitingTime } from '../incidents/badges.js';
import { texts } from '../translations/translations.js';

interface Props {
  readonly id: number;
  /** From 1, among all rows of the list. */
  readonly rowIndex: number;
}

export const rowIdOf = (id: number): string => `row-${id}`;

/** One incident in the list: the first line of its description, who has it, and how long it waits. */
export function ListRow({ id, rowIndex }: Props) {
  const { store, userActions, router } = useApp();
  const { selection } = userActions;
  const isSelected = useComputed(() => selection.id.value === id);
  const isMarked = useComputed(() => selection.marked.value.has(id));
  const isOpen = useComputed(() => {
    const { value: place } = router.place;
    return place.page === 'list' && place.incident === id;
  });
  const refusals = useComputed(() => (store.refused.value.id === id ? store.refused.value.count : 0));
  const incident = store.get(id);
  if (!incident) return null;

  const { value: current } = incident;
  const flash = refusals.value > 0 ? ` refused refused-${refusals.value % 2}` : '';
  return (
    <div
      role="row"
      id={rowIdOf(id)}
      data-incident={id}
      aria-rowindex={rowIndex}
      aria-selected={isSelected.value}
      class={`row${isOpen.value ? ' open' : ''}${isMarked.value ? ' marked' : ''}${flash}`}
      onClick={(event) => {
        if (event.shiftKey) selection.extendTo(id);
        else if (event.ctrlKey || event.metaKey) selection.toggle(id);
        else userActions.open(id);
      }}
      // Shift marks a range of rows, not a range of text.
      onMouseDown={(event) => event.shiftKey && event.preventDefault()}
    >
      <div role="gridcell" class="cell-mark">
        {userActions.mayChange && (
          <label onClick={(event) => event.stopPropagation()}>
            <input
              type="checkbox"
              tabIndex={-1}
              aria-label={texts.value.list.select(id)}
              checked={isMarked}
              onChange={() => selection.toggle(id)}
            />
          </label>
        )}
      </div>
      <div role="gridcell" class="cell-id">
        #{id}
      </div>
      <div role="gridcell" class="cell-status">
        <StatusBadge status={current.status} />
      </div>
      <div role="gridcell" class="cell-text" dir="auto">
        {current.urgent && <UrgentBadge />}
        <span class="line">{firstLineOf(current)}</span>
        {current.occurrences > 1 && (
          <span class="count" title={texts.value.list.occurrences(current.occurrences)}>
            ×{current.occurrences}
          </span>
        )}
      </div>
      <div role="gridcell" class="cell-source">
        {texts.value.sources[current.source]}
      </div>
      <div role="gridcell" class="cell-assignee">
        {current.assignee !== null && <Person actor={current.assignee} />}
      </div>
      <div role="gridcell" class="cell-waiting">
        <WaitingTime incident={incident} />
      </div>
    </div>
  );
}

/** The longest line of a row: the service cuts excerpts, but an open incident has its whole description. */
const MAX_LINE_LENGTH = 200;

function firstLineOf({ description }: Incident): string {
  return (/\S[^\r\n]*/.exec(description)?.[0] ?? '').slice(0, MAX_LINE_LENGTH);
}
