import { MonotonicClock } from '../../../src/shared/time/monotonic-clock.js';
import type { ApiClient } from '../api/api-client.js';
import type { Feed } from './feed.js';
import { LiveEvents } from './live-events.js';

const CHANNEL = 'incidents-live';

/** The largest page that the API serves. */
const PAGE_SIZE = 200;

/** The part of a read in which the API does not wait. */
const ANSWER_TIMEOUT_MS = 10_000;

/** The events of the feed in this tab; `start` begins. It lets go of everything while the browser stores or freezes the page. */
export function browserLiveEvents(api: ApiClient): LiveEvents {
  const live = new LiveEvents({
    feed: feedOf(api),
    openChannel: () => new BroadcastChannel(CHANNEL),
    // Undefined on pages without TLS, except on this machine.
    locks: (navigator as Partial<Navigator>).locks,
    clock: new MonotonicClock(),
    now: () => new Date(),
    random: Math.random,
  });
  addEventListener('pagehide', () => live.suspend());
  addEventListener('pageshow', () => live.resume());
  document.addEventListener('freeze', () => live.suspend());
  document.addEventListener('resume', () => live.resume());
  addEventListener('online', () => live.wake());
  addEventListener('offline', () => live.wake());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') live.wake();
  });
  return live;
}

function feedOf(api: ApiClient): Feed {
  return {
    open: (after) => new EventSource(`/api/v1/events/stream?after=${encodeURIComponent(after)}`),
    read: async (after, waitSeconds, signal) => {
      const timeout = AbortSignal.timeout(waitSeconds * 1_000 + ANSWER_TIMEOUT_MS);
      const { body } = await api.get('/api/v1/events', {
        query: { after, limit: PAGE_SIZE, wait: waitSeconds },
        signal: AbortSignal.any([signal, timeout]),
      });
      return body;
    },
  };
}
