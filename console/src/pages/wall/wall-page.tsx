import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ApiClient } from '../../api/api-client.js';
import type { Incident } from '../../api/types.js';
import { useApp } from '../../app-context.js';
import { urgencyOf } from '../../incidents/limits.js';
import { PacedRefresh } from '../../live/paced-refresh.js';
import { formats, texts } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import { useLoaded } from '../parts/use-loaded.js';
import './wall.css';

/** The least time between two readings because of events, in milliseconds. */
const EVENT_INTERVAL_MS = 1_000;

/** How often the wall asks besides, in milliseconds: policies change without events, and it shows whether the service answers. */
const INTERVAL_MS = 15_000;

/** As many incidents as can be read from four metres on one screen. */
const MAX_INCIDENTS = 6;

/** When the numbers are so old, the wall says so, in milliseconds. */
const STALE_MS = 30_000;

/** The state of the register for a screen on a wall: it needs no pointer, and looks after itself. */
export function Page() {
  const { api, limits, live, now, pause, session } = useApp();
  const { wall: text } = pageTexts.value;
  const updatedAt = useSignal(now.peek());
  const loaded = useLoaded(
    async (signal) => {
      const found = await read(api, signal);
      // Others know only the default for chats.
      if (session.may('read-policies')) await limits.load();
      updatedAt.value = now.peek();
      return found;
    },
    { intervalMs: INTERVAL_MS },
  );
  useEffect(() => {
    const refresh = new PacedRefresh(loaded.reload, EVENT_INTERVAL_MS, pause);
    const request = () => refresh.request();
    return live.subscribe({ onEvents: request, onReset: request });
  }, []);
  useWakeLock();
  const { value: found } = loaded.value;
  const isStale = now.value.getTime() - updatedAt.value.getTime() > STALE_MS;
  if (!found)
    return (
      <p class="empty">{loaded.error.value === undefined ? texts.value.loading : texts.value.noAnswer}</p>
    );
  const { value: format } = formats;
  const counts = [
    ['untaken', text.untaken, found.untaken, found.untaken > 0],
    ['urgent', text.urgent, found.urgent, found.urgent > 0],
    ['in-progress', text.inProgress, found.inProgress, false],
    ['resolved', text.resolved, found.resolved, false],
  ] as const;
  return (
    // It scrolls on a phone, also by keys.
    <section class="wall" tabIndex={0} aria-label={texts.value.pages.wall}>
      <h1 class="visually-hidden">{texts.value.pages.wall}</h1>
      {isStale && (
        <p class="wall-stale" role="alert">
          {text.stale(formats.value.short(updatedAt.value, now.value))}
        </p>
      )}
      <dl class="wall-counts">
        {counts.map(([key, label, count, isAlarming]) => (
          <div key={key} class={`wall-count ${isAlarming ? 'alarming' : ''}`} data-count={key}>
            <dt>{label}</dt>
            <dd>{format.number(count)}</dd>
          </div>
        ))}
      </dl>
      <h2>{found.incidents.length > 0 ? text.oldest : text.allTaken}</h2>
      <ol class="wall-list">
        {found.incidents.map((incident) => (
          <WallRow key={incident.id} incident={incident} />
        ))}
      </ol>
    </section>
  );
}

function WallRow({ incident }: { readonly incident: Incident }) {
  const { limits, now } = useApp();
  const waiting = limits.waitingOf(incident);
  const urgency = waiting ? urgencyOf(waiting, now.value) : 'calm';
  return (
    <li class={`wall-row ${urgency}`}>
      <span class="wall-id">#{incident.id}</span>
      <span class="wall-text" dir="auto">
        {incident.urgent && <strong>{texts.value.urgent} </strong>}
        {incident.description}
      </span>
      <time class="wall-waiting" dateTime={incident.created_at}>
        {formats.value.duration(now.value.getTime() - Date.parse(incident.created_at))}
      </time>
    </li>
  );
}

const totalOf = ({ headers }: { readonly headers: Headers }) => Number(headers.get('X-Total-Count'));

async function read(api: ApiClient, signal: AbortSignal) {
  const list = (query: Readonly<Record<string, string | number | boolean>>) =>
    api.get('/api/v1/incidents', { query: { limit: 1, excerpt: true, ...query }, signal });
  const [untaken, urgent, inProgress, resolved] = await Promise.all([
    list({ untaken: true, sort: 'created_at', limit: MAX_INCIDENTS }),
    list({ urgent: true, status: 'NEW,IN_PROGRESS' }),
    list({ status: 'IN_PROGRESS' }),
    list({ status: 'RESOLVED' }),
  ]);
  return {
    incidents: untaken.body,
    untaken: totalOf(untaken),
    urgent: totalOf(urgent),
    inProgress: totalOf(inProgress),
    resolved: totalOf(resolved),
  };
}

/** Keeps the screen on, where the browser can: it lets go of the screen whenever the page is hidden. */
function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined;
    const request = () => {
      if (document.visibilityState !== 'visible') return;
      // It refuses on a low battery: then the screen may go off.
      void navigator.wakeLock?.request('screen').then(
        (sentinel) => (lock = sentinel),
        () => {},
      );
    };
    request();
    document.addEventListener('visibilitychange', request);
    return () => {
      document.removeEventListener('visibilitychange', request);
      void lock?.release();
    };
  }, []);
}
