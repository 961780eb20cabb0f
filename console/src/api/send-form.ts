import type { MonotonicClock } from '../../../src/shared/time/monotonic-clock.js';
import type { Send } from './api-client.js';

const CHECK_MS = 1_000;

/** The service disconnects a client that sends nothing for 35 s. */
const MAX_SILENCE_MS = 35_000;

/** The service stores a form that has arrived within 2 minutes. */
const MAX_STORING_MS = 125_000;

/** What a browser's network error is for `fetch`. */
const lost = () => new TypeError('the form could not be sent');

/**
 * Sends forms by XMLHttpRequest: `fetch` does not tell how much of a body is sent. A form of which nothing moves any more counts as lost: over
 * a phone's network nothing else would say so for minutes.
 */
export function formSender(clock: MonotonicClock): Send {
  return (url, { method = 'GET', headers, body, signal, onProgress }) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const request = new XMLHttpRequest();
      const ended = new AbortController();
      let deadlineMs = clock.now() + MAX_SILENCE_MS;
      const abort = () => request.abort();
      const watch = async () => {
        while (await clock.sleep(CHECK_MS, ended.signal)) if (clock.now() > deadlineMs) abort();
      };

      request.open(method, url);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.addEventListener('progress', ({ loaded, total }) => {
        deadlineMs = clock.now() + MAX_SILENCE_MS;
        onProgress?.(total === 0 ? 1 : loaded / total);
      });
      request.upload.addEventListener('load', () => (deadlineMs = clock.now() + MAX_STORING_MS));
      request.addEventListener('load', () => resolve(responseOf(request)));
      request.addEventListener('error', () => reject(lost()));
      request.addEventListener('abort', () => reject(signal?.aborted ? (signal.reason as Error) : lost()));
      request.addEventListener('loadend', () => ended.abort());
      signal?.addEventListener('abort', abort, { once: true, signal: ended.signal });
      onProgress?.(0);
      request.send(body as FormData);
      void watch();
    });
}

/** The answer as `fetch` returns it. */
function responseOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const { status, statusText, responseText } = request;
  return new Response(responseText === '' ? null : responseText, { status, statusText, headers });
}
