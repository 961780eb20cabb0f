import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { personOf } from '../../../src/shared/person.js';
import { useApp } from '../app-context.js';
import { SOURCES, type Source } from '../api/types.js';
import { type Filters, type ListPlace, withoutUndefined } from '../router.js';
import { texts } from '../translations/translations.js';

/** How long a person may pause while typing before the search begins, in milliseconds. */
const TYPING_PAUSE_MS = 300;

/** The service searches for two characters or more. */
const MIN_SEARCH_LENGTH = 2;

/** The search and the filters of the list, which are in the URL. */
export function FilterBar({ place }: { readonly place: ListPlace }) {
  const { router, userActions } = useApp();
  const { filters } = place;
  const { value: text } = texts;
  const search = useRef<HTMLInputElement>(null);
  const typed = useSignal(filters.text ?? '');
  const isOpen = useSignal(false);

  const change = (changes: Partial<Filters>) =>
    router.go({ ...place, filters: withoutUndefined({ ...filters, ...changes }) }, { replace: true });

  // The back button changes the URL, too.
  useEffect(() => {
    if ((filters.text ?? '') !== typed.value.trim()) typed.value = filters.text ?? '';
  }, [filters.text]);

  useEffect(() => {
    const wanted = typed.value.trim();
    const searched = wanted.length >= MIN_SEARCH_LENGTH ? wanted : undefined;
    if (searched === filters.text) return undefined;
    const timer = setTimeout(() => change({ text: searched }), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed.value]);

  useSignalEffect(() => {
    if (userActions.focus.value?.target === 'search') search.current?.select();
  });

  const count = Object.keys(filters).filter((name) => name !== 'text').length;
  return (
    <search class={`filters${isOpen.value ? ' expanded' : ''}`} aria-label={text.filters.label}>
      <input
        ref={search}
        type="search"
        class="search"
        placeholder={text.filters.search}
        aria-label={text.filters.search}
        value={typed}
        onInput={(event) => (typed.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' && event.key !== 'Enter') return;
          event.preventDefault();
          event.stopPropagation();
          event.currentTarget.blur();
        }}
      />
      <button
        type="button"
        class="filters-toggle"
        aria-expanded={isOpen}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        {text.filters.label}
        {count > 0 && <span class="tab-count">{count}</span>}
      </button>
      <div class="filter-fields">
        <select
          aria-label={text.filters.source}
          value={filters.sources?.length === 1 ? filters.sources[0] : ''}
          onChange={({ currentTarget: { value } }) =>
            change({ sources: value === '' ? undefined : [value as Source] })
          }
        >
          <option value="">{text.filters.anySource}</option>
          {SOURCES.map((source) => (
            <option key={source} value={source}>
              {text.sources[source]}
            </option>
          ))}
        </select>
        <select
          aria-label={text.filters.channel}
          value={filters.channel ?? ''}
          onChange={({ currentTarget: { value } }) => change({ channel: value || undefined })}
        >
          <option value="">{text.filters.anyChannel}</option>
          {Object.entries(text.channels).map(([channel, name]) => (
            <option key={channel} value={channel}>
              {name}
            </option>
          ))}
        </select>
        <select
          aria-label={text.filters.assignee}
          value={filters.assignee ?? ''}
          onChange={({ currentTarget: { value } }) => change({ assignee: value || undefined })}
        >
          <option value="">{text.filters.anyone}</option>
          <option value="me">{text.filters.me}</option>
          <option value="none">{text.filters.nobody}</option>
          {filters.assignee && !['me', 'none'].includes(filters.assignee) && (
            <option value={filters.assignee}>{personOf(filters.assignee)}</option>
          )}
        </select>
        <label class="check">
          <input
            type="checkbox"
            checked={filters.urgent ?? false}
            onChange={({ currentTarget: { checked } }) => change({ urgent: checked ? true : undefined })}
          />
          {text.filters.urgentOnly}
        </label>
        <label class="date">
          {text.filters.from}
          <input
            type="date"
            value={filters.from ?? ''}
            max={filters.to}
            onChange={({ currentTarget: { value } }) => change({ from: value || undefined })}
          />
        </label>
        <label class="date">
          {text.filters.to}
          <input
            type="date"
            value={filters.to ?? ''}
            min={filters.from}
            onChange={({ currentTarget: { value } }) => change({ to: value || undefined })}
          />
        </label>
        {(count > 0 || filters.text) && (
          <button type="button" class="quiet" onClick={() => router.go({ ...place, filters: {} })}>
            {text.list.clearFilters}
          </button>
        )}
      </div>
    </search>
  );
}
