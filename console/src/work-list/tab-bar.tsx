import { useApp } from '../app-context.js';
import type { Count } from '../incidents/tab-counts.js';
import { formatPlace, type ListPlace, TABS } from '../router.js';
import { formats, texts } from '../translations/translations.js';

/** The tabs, which are links: each has a URL of its own. */
export function TabBar({ place }: { readonly place: ListPlace }) {
  const { store, router } = useApp();
  const { value: counts } = store.counts.counts;
  return (
    <nav class="tabs" aria-label={texts.value.list.label}>
      {TABS.map((tab) => {
        const target: ListPlace = { page: 'list', tab, filters: place.filters };
        const { [tab]: count } = counts;
        return (
          <a
            key={tab}
            class={`tab tab-${tab}`}
            href={formatPlace(target)}
            aria-current={tab === place.tab ? 'page' : undefined}
            onClick={(event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey) return;
              event.preventDefault();
              router.go(target);
            }}
          >
            {texts.value.tabs[tab]}
            <span class="tab-count">{count && textOf(count)}</span>
          </a>
        );
      })}
    </nav>
  );
}

function textOf({ count, isLowerBound }: Count): string {
  const text = formats.value.number(count);
  return isLowerBound ? texts.value.list.atLeast(text) : text;
}
