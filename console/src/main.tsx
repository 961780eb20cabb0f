import { effect, signal, untracked } from '@preact/signals';
import { render } from 'preact';
import { MonotonicClock } from '../../src/shared/time/monotonic-clock.js';
import { ApiClient } from './api/api-client.js';
import { requireRequestError } from './api/problems.js';
import { formSender } from './api/send-form.js';
import { ReportFiles } from './attachments/report-files.js';
import { UploadQueue } from './attachments/upload-queue.js';
import { retryingSend } from './api/retrying-send.js';
import { ConsoleApp } from './app.js';
import { newIdempotencyKey } from './api/idempotency-key.js';
import { browserDrafts } from './drafts/browser-drafts.js';
import { resendUnanswered } from './drafts/unanswered.js';
import { IncidentStore } from './incidents/incident-store.js';
import type { View } from './incidents/list-view.js';
import { Limits } from './incidents/limits.js';
import { shortcuts } from './keyboard/bindings.js';
import { browserAlerts } from './live/browser-alerts.js';
import { browserLiveEvents } from './live/browser-live-events.js';
import { Router } from './router.js';
import { Session } from './session/session.js';
import { CommandRunner } from './shell/command-runner.js';
import { UserActions } from './shell/user-actions.js';
import { applyPreferences } from './shell/preferences.js';
import { Toasts } from './shell/toasts.js';
import { texts } from './translations/translations.js';
import { Selection } from './work-list/selection.js';
import './styles/base.css';
import './styles/shell.css';
import './styles/list.css';
import './styles/incident.css';
import './styles/attachments.css';

/** How often the times on the page grow, in milliseconds. */
const TICK_MS = 1_000;

/** How long the list waits for the stream of events, in milliseconds. */
const MAX_OPENING_MS = 500;

/** How often the limits of the policies are read again, in milliseconds. */
const LIMITS_INTERVAL_MS = 5 * 60_000;

applyPreferences(document, localStorage, navigator.languages);

// A one-time token is in the fragment, which no request contains; it leaves the address bar at once.
const signInToken = location.pathname === '/sign-in' ? location.hash.slice(1) || undefined : undefined;
if (location.pathname === '/sign-in') history.replaceState(null, '', '/');

const clock = new MonotonicClock();
const pause = (ms: number) => clock.sleep(ms);
const session = new Session();
const sendForm = formSender(clock);
const api = new ApiClient(
  retryingSend(
    (url, init) => (init.body instanceof FormData ? sendForm(url, init) : fetch(url, init)),
    clock,
  ),
  () => session.markEnded(),
);
session.use(api);

const router = new Router(window);
const now = signal(new Date());
setInterval(() => (now.value = new Date()), TICK_MS);

const store = new IncidentStore(api, {
  me: () => session.principal.peek()?.name ?? '',
  now: () => new Date(),
  newKey: newIdempotencyKey,
  pause,
});
const limits = new Limits(api);
const toasts = new Toasts(pause);
const selection = new Selection(store.rows);
const reportFiles = new ReportFiles();
const uploads = new UploadQueue(api, {
  newKey: newIdempotencyKey,
  // The page of the incident follows its version. Where this fails, the event of the feed brings it.
  onAttached: (id) => void store.fetch(id).catch(requireRequestError),
});
const commands = new CommandRunner(store, toasts, now);
const userActions = new UserActions({
  router,
  store,
  session,
  selection,
  toasts,
  uploads,
  commands,
  pause,
  reload: () => location.reload(),
});
const drafts = browserDrafts(() => session.principal.peek()?.name ?? '');
const alerts = browserAlerts(
  (events) => ({
    title: texts.value.alerts.waiting(events.length),
    body: events.map(({ incident_id: id }) => `#${id}`).join(', '),
  }),
  ([event]) => event && userActions.open(event.incident_id),
);
const live = browserLiveEvents(api);
live.subscribe({
  onEvents: (events) => {
    store.apply(events);
    alerts.onEvents(events);
  },
  onReset: () => void store.reload(),
});

const loadLimits = () => {
  if (session.may('read-policies')) limits.load().catch(requireRequestError);
};
setInterval(loadLimits, LIMITS_INTERVAL_MS);

effect(() => {
  if (!session.may('read')) return;
  // What they read is no reason to begin again.
  untracked(() => {
    live.start();
    loadLimits();
    void resendUnanswered(drafts, api, ({ id, kind }) => {
      const { outcome } = texts.value;
      toasts.show({
        kind: 'done',
        text: kind === 'report' ? outcome.reported(id) : outcome.done(id, 'append'),
        action: { label: texts.value.actions.open, run: () => userActions.open(id) },
      });
    });
  });
});

// Another person sees nothing of what the last one saw.
let holder: string | undefined;
effect(() => {
  const name = session.principal.value?.name;
  if (name === undefined) return;
  if (holder !== undefined && holder !== name) location.reload();
  holder = name;
});

effect(() => {
  const { value: warning } = drafts.warning;
  if (warning) untracked(() => toasts.show({ kind: 'refused', text: texts.value.drafts[warning] }));
});

// The stream first: then what changes after the list was read arrives as events. Nobody waits long for it, though.
const opening = live.opened.then(() => true);
const ready = Promise.race([opening, pause(MAX_OPENING_MS).then(() => false)]);

async function readAgainOnceOpened(): Promise<void> {
  if (await ready) return;
  await opening;
  await store.reload();
}
void readAgainOnceOpened();

// The list follows the URL.
let shown = '';

async function showOnceReady(list: View, view: string): Promise<void> {
  await ready;
  if (shown === view) await store.show(list);
}

effect(() => {
  const { value: place } = router.place;
  if (place.page !== 'list' || !session.may('read')) return;
  const { tab, filters } = place;
  const view = JSON.stringify({ tab, filters });
  if (view === shown) return;
  shown = view;
  void showOnceReady({ tab, filters }, view);
});

// Files are not stored, as texts are.
const askBeforeLeaving = (event: BeforeUnloadEvent) => event.preventDefault();
effect(() => {
  // Where the listener is always there, browsers do not store the page.
  if (uploads.hasUnsent.value || reportFiles.files.value.length > 0)
    addEventListener('beforeunload', askBeforeLeaving);
  else removeEventListener('beforeunload', askBeforeLeaving);
});

addEventListener('keydown', (event) => {
  if (!session.may('read') || userActions.dialog.value || document.querySelector(':popover-open')) return;
  const action = shortcuts.actionOf(event);
  if (action !== undefined && userActions.perform(action)) event.preventDefault();
});

const context = {
  api,
  session,
  router,
  store,
  live,
  drafts,
  uploads,
  reportFiles,
  alerts,
  limits,
  toasts,
  commands,
  userActions,
  now,
  pause,
};
render(<ConsoleApp context={context} signInToken={signInToken} />, document.querySelector('#app')!);
void session.load();
