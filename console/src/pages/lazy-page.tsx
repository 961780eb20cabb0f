import { useApp } from '../app-context.js';
import { type FurtherPage, START } from '../router.js';
import { PlaceLink } from '../shell/header.js';
import { useLazy } from '../shell/use-lazy.js';
import { texts } from '../translations/translations.js';
import { PAGES, pagesFor } from './pages.js';

/** A further page, once it is loaded. */
export function LazyPage({ page }: { readonly page: FurtherPage }) {
  const { session } = useApp();
  const isAllowed = pagesFor(session).includes(page);
  const current = useLazy(isAllowed ? PAGES[page].load : undefined, [page, isAllowed]);
  if (!isAllowed) return <NothingHere />;
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
