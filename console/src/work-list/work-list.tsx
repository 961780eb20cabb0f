import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useApp } from '../app-context.js';
import type { ListPlace } from '../router.js';
import { explain } from '../shell/explain.js';
import { texts } from '../translations/translations.js';
import { ListRow, rowIdOf } from './list-row.js';
import { scrollTo, type Viewport, windowOf } from './list-window.js';

/** The next page is loaded when so many rows are left below the visible ones. */
const LOAD_AHEAD = 60;

/** The rows of the list: only those near the visible ones are in the document. */
export function WorkList({ place }: { readonly place: ListPlace }) {
  const { store, userActions, router } = useApp();
  const { selection } = userActions;
  const list = useRef<HTMLDivElement>(null);
  /** The selected row that was scrolled to last. */
  const shownSelection = useRef<number>(undefined);
  const viewport = useSignal<Viewport>({ scrollTop: 0, height: 800, rowHeight: 44 });

  const measure = () => {
    const { current } = list;
    if (!current) return;
    const rowHeight = Number.parseFloat(getComputedStyle(current).getPropertyValue('--row-height')) || 44;
    const { scrollTop, clientHeight: height } = current;
    const { value: known } = viewport;
    if (scrollTop !== known.scrollTop || height !== known.height || rowHeight !== known.rowHeight) {
      viewport.value = { scrollTop, height, rowHeight };
    }
  };

  useLayoutEffect(() => {
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(list.current!);
    return () => observer.disconnect();
  }, []);

  // Another list begins at its top.
  useLayoutEffect(() => {
    list.current!.scrollTop = 0;
  }, [JSON.stringify([place.tab, place.filters])]);

  useSignalEffect(() => selection.follow());

  const shown = useComputed(() => windowOf(viewport.value, store.rows.value.length));
  useSignalEffect(() => {
    if (shown.value.end + LOAD_AHEAD > store.rows.value.length) void store.loadMore();
  });

  const { value: rows } = store.rows;
  const { first, end } = shown.value;
  const { value: state } = store.listState;
  const { rowHeight } = viewport.value;
  const shownRows = rows.slice(first, end);
  const { value: selected } = selection.id;

  // With the render that shows the selection: by the next frame, a person may have scrolled away from it.
  useLayoutEffect(() => {
    // Rows that come and go do not scroll: that person reads something else.
    if (selected === undefined || selected === shownSelection.current) return;
    const index = rows.indexOf(selected);
    if (index === -1) return;
    shownSelection.current = selected;
    const target = scrollTo(index, viewport.peek());
    if (target !== undefined) list.current!.scrollTop = target;
  });

  const isSelectedShown = selected !== undefined && shownRows.includes(selected);
  return (
    <div
      ref={list}
      role="grid"
      tabIndex={0}
      class="list"
      aria-label={texts.value.list.label}
      aria-rowcount={state.isComplete ? rows.length : -1}
      aria-multiselectable={userActions.mayChange}
      aria-activedescendant={isSelectedShown ? rowIdOf(selected) : undefined}
      aria-busy={state.isLoading}
      onScroll={measure}
    >
      <div role="rowgroup" class="rows" style={{ height: `${rows.length * rowHeight}px` }}>
        <div
          role="presentation"
          class="rows-shown"
          style={{ transform: `translateY(${first * rowHeight}px)` }}
        >
          {shownRows.map((id, index) => (
            <ListRow key={id} id={id} rowIndex={first + index + 1} />
          ))}
        </div>
      </div>
      {rows.length === 0 && !state.isLoading && !state.failure && (
        <div class="empty" role="row">
          <div role="gridcell">
            <p>{isFiltered(place) ? texts.value.list.empty : texts.value.emptyTabs[place.tab]}</p>
            {isFiltered(place) && (
              <button type="button" onClick={() => router.go({ ...place, filters: {} })}>
                {texts.value.list.clearFilters}
              </button>
            )}
          </div>
        </div>
      )}
      {state.isLoading && rows.length === 0 && (
        <div class="empty" role="row">
          <div role="gridcell">{texts.value.loading}</div>
        </div>
      )}
      {state.failure && (
        <div class="empty" role="row">
          <div role="gridcell">
            <p>{explain(state.failure)}</p>
            <button type="button" onClick={() => void store.reload()}>
              {texts.value.retry}
            </button>
          </div>
        </div>
      )}
    </div>
  );
}

const isFiltered = ({ filters }: ListPlace) => Object.keys(filters).length > 0;
