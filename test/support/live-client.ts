import { ApiClient } from '../../console/src/api/api-client.js';
import type { EventStream, FeedEvent, StreamMessage } from '../../console/src/live/feed.js';
import { LiveEvents } from '../../console/src/live/live-events.js';
import { MonotonicClock } from '../../src/shared/time/monotonic-clock.js';
import { openEventStream } from './event-stream.js';
import { KEY } from './key.js';

export interface LiveClient {
  readonly live: LiveEvents;
  readonly api: ApiClient;
  readonly received: FeedEvent[];
  readonly resets: () => number;
  /** Cuts its connections, and lets none through until `connect`. */
  disconnect(): void;
  connect(): void;
}

/** The live events of the console as one browser has them, with an access key in the place of a session. */
export async function aLiveClient(url: string, key = KEY): Promise<LiveClient> {
  const headers = { 'X-Access-Key': key };
  const streams = new Set<() => void>();
  let isConnected = true;
  let resets = 0;

  const open = (after: string): EventStream => {
    const listeners = new Map<string, (message: StreamMessage) => void>();
    const fail = () => listeners.get('error')?.({});
    const opening = isConnected
      ? openEventStream(url, {
          query: `?after=${after}`,
          headers,
          onEvent: ({ name, id, data }) =>
            listeners.get(name)?.({ data: JSON.stringify(data), lastEventId: id ?? '' }),
        })
      : Promise.reject(new TypeError('fetch failed'));
    const close = () => void opening.then((stream) => stream.close(), fail);
    streams.add(close);
    void opening.then((stream) => stream.ended).then(fail, fail);
    return { addEventListener: (type, listener) => listeners.set(type, listener), close };
  };

  const api = new ApiClient(async (path, init) => {
    if (!isConnected) throw new TypeError('fetch failed');
    return fetch(url + path, { ...init, headers: { ...init.headers, ...headers } });
  });
  const live = new LiveEvents({
    feed: {
      open,
      read: async (after, wait, signal) =>
        (await api.get('/api/v1/events', { query: { after, wait }, signal })).body,
    },
    openChannel: () => ({
      addEventListener: () => undefined,
      postMessage: () => undefined,
      close: () => undefined,
    }),
    locks: undefined,
    clock: new MonotonicClock(),
    now: () => new Date(),
    random: Math.random,
  });
  const received: FeedEvent[] = [];
  live.subscribe({ onEvents: (events) => received.push(...events), onReset: () => resets++ });
  live.start();
  await live.opened;
  return {
    live,
    api,
    received,
    resets: () => resets,
    disconnect: () => {
      isConnected = false;
      for (const close of streams) close();
      streams.clear();
    },
    connect: () => {
      isConnected = true;
    },
  };
}
