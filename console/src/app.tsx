import { useEffect } from 'preact/hooks';
import { App, type AppContext, useApp } from './app-context.js';
import { TransferredFiles } from './attachments/drop-target.js';
import { LazyViewer } from './attachments/lazy-viewer.js';
import { DuplicateDialog } from './incident/duplicate-dialog.js';
import { HandOverDialog } from './incident/hand-over-dialog.js';
import { ReportDialog } from './incident/report-dialog.js';
import { IncidentPage } from './incident/incident-page.js';
import { HelpDialog } from './keyboard/help-dialog.js';
import { LazyPage, NothingHere } from './pages/lazy-page.js';
import { type ListPlace, START } from './router.js';
import { SignIn } from './session/sign-in.js';
import { explain } from './shell/explain.js';
import { ConnectionBar } from './shell/connection-bar.js';
import { Header } from './shell/header.js';
import { ToastList } from './shell/toast-list.js';
import { texts } from './translations/translations.js';
import { BulkBar } from './work-list/bulk-bar.js';
import { FilterBar } from './work-list/filter-bar.js';
import { TabBar } from './work-list/tab-bar.js';
import { WorkList } from './work-list/work-list.js';

interface Props {
  readonly context: AppContext;
  /** The one-time token of a sign-in link. */
  readonly signInToken?: string;
}

/** Everything that the page shows. */
export function ConsoleApp({ context, signInToken }: Props) {
  const { session } = context;
  const { value: current } = session.state;
  const { value: text } = texts;
  useEffect(() => {
    document.title = text.title;
  }, [text]);
  if (current.state === 'unknown') return <p class="empty">{text.loading}</p>;
  if (current.state === 'unavailable')
    return (
      <main class="empty">
        <p role="alert">{explain(current.failure)}</p>
        <button type="button" onClick={() => void session.load()}>
          {text.retry}
        </button>
      </main>
    );
  if (current.state === 'signed-out')
    return <SignIn session={session} ended={current.ended} token={signInToken} />;
  return (
    <App.Provider value={context}>
      <Header />
      <ConnectionBar />
      <main class="main">
        {session.may('read') ? <CurrentPage /> : <MayNotRead role={text.roles[current.principal.role]} />}
      </main>
      <Dialogs />
      <TransferredFiles />
      <ToastList />
    </App.Provider>
  );
}

function MayNotRead({ role }: { readonly role: string }) {
  return <p class="empty">{texts.value.signIn.mayNotRead(role)}</p>;
}

function CurrentPage() {
  const { router } = useApp();
  const { value: place } = router.place;
  const { page } = place;
  if (page === 'list') return <ListPage place={place} />;
  // Somebody who is signed in has no use for the form.
  if (page === 'sign-in') return <ListPage place={START} />;
  return page === 'unknown' ? <NothingHere /> : <LazyPage page={page} />;
}

function ListPage({ place }: { readonly place: ListPlace }) {
  const { incident } = place;
  return (
    <div class={`list-page${incident === undefined ? '' : ' with-incident'}`}>
      <section class="list-pane" data-tab={place.tab} aria-label={texts.value.list.label}>
        <h1 class="visually-hidden">
          {texts.value.title}: {texts.value.tabs[place.tab]}
        </h1>
        <TabBar place={place} />
        <FilterBar place={place} />
        <WorkList place={place} />
        <BulkBar />
      </section>
      {incident !== undefined && <IncidentPage key={incident} id={incident} />}
    </div>
  );
}

function Dialogs() {
  const { userActions } = useApp();
  const { value: open } = userActions.dialog;
  if (!open) return null;
  const onClose = () => {
    userActions.dialog.value = undefined;
  };
  if (open.kind === 'report') return <ReportDialog onClose={onClose} />;
  if (open.kind === 'help') return <HelpDialog onClose={onClose} />;
  if (open.kind === 'hand_over') return <HandOverDialog id={open.id} onClose={onClose} />;
  if (open.kind === 'viewer') return <LazyViewer {...open} onClose={onClose} />;
  return <DuplicateDialog id={open.id} original={open.original} onClose={onClose} />;
}
