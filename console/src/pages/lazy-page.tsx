import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { useApp } from '../app-context.js';
import { type FurtherPage, START } from '../router.js';
import { PlaceLink } from '../shell/header.js';
import { texts } from '../translations/translations.js';
import { PAGES, pagesFor } from './pages.js';

type Loading = 'loading' | 'failed' | { readonly Page: ComponentType };

/** A further page, once it is loaded. */
export function LazyPage({ page }: { readonly page: FurtherPage }) {
  const { session } = useApp();
  const loaded = useSignal<Loading>('loading');
  const isAllowed = pagesFor(session).includes(page);
  useEffect(() => {
    if (!isAllowed) return;
    loaded.value = 'loading';
    PAGES[page].load().then(
      ({ Page }) => (loaded.value = { Page }),
      // The network is lost, or the service has another version meanwhile: loading the whole page again helps.
      () => (loaded.value = 'failed'),
    );
  }, [page, isAllowed]);
  if (!isAllowed) return <NothingHere />;
  const { value: current } = loaded;
  if (current === 'loading') return <p class="empty">{texts.value.loading}</p>;
  if (current === 'failed')
    return (
      <div class="empty">
        <p>{texts.value.noAnswer}</p>
        <button type="button" onClick={() => location.reload()}>
          {texts.value.retry}
        </button>
      </div>
    );
  return <current.Page />;
}

export function NothingHere() {
  return (
    <div class="empty">
      <p>{texts.value.nothingHere}</p>
      <PlaceLink place={START}>{texts.value.toIncidents}</PlaceLink>
    </div>
  );
}
