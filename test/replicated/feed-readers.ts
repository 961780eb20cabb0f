import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt } from '../crash/client.ts';
import { openEventStream } from '../support/event-stream.ts';

const RECONNECT_MS = 200;
/** Streams have a heartbeat every 10 s. */
const SILENCE_MS = 15_000;
const PAGE_SIZE = 200;
const LONG_POLL_SECONDS = 5;
const RESPONSE_TIMEOUT_MS = 10_000;

/** What the readers of a drill need. */
export interface ReaderOptions {
  readonly url: string;
  readonly accessKey: string;
  /** Is called with each response, and each failure, to a request. */
  readonly onAttempt: (attempt: Attempt) => void;
  readonly signal: AbortSignal;
}

interface FeedEvent {
  readonly id: string;
  readonly position: string;
}

/**
 * What a reader has received. Each event has a number, one more than that of the event before; a reader that starts again may receive events
 * again, with the same numbers.
 */
export class ReceivedFeed {
  readonly violations: string[] = [];
  /** How often it has started again from an earlier position. */
  restarts = 0;
  private readonly ids: string[] = [];
  private readonly known = new Set<string>();
  /** The number of the last event of this pass; undefined at its start. */
  private last: number | undefined;
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** All ids in the order of the feed. */
  get order(): readonly string[] {
    return this.ids;
  }

  /** The reader continues from another position, which may be before what it has received. */
  restart(): void {
    this.restarts++;
    this.last = undefined;
  }

  add({ id, position }: FeedEvent): void {
    const number = Number(position.split('.')[1]);
    if (this.last !== undefined && number !== this.last + 1) {
      this.violate(`event ${id} has the number ${number} after ${this.last}`);
    }
    this.last = number;
    const before = this.ids[number - 1];
    if (before === id) return;
    if (before !== undefined) this.violate(`number ${number} was ${before}, and is ${id}`);
    else if (this.known.has(id)) this.violate(`event ${id} is repeated with the number ${number}`);
    else if (number !== this.ids.length + 1)
      this.violate(`event ${id} has the number ${number}, not ${this.ids.length + 1}`);
    this.ids[number - 1] = id;
    this.known.add(id);
  }

  private violate(text: string): void {
    this.violations.push(`${this.name}: ${text}`);
  }
}

/** A reader of the feed, which runs until its signal is aborted. */
export interface FeedReader {
  readonly received: ReceivedFeed;
  readonly ended: Promise<void>;
}

/** Follows the feed by server-sent events, and reconnects as browsers do. */
export function streamReader(options: ReaderOptions): FeedReader {
  const { url, accessKey, signal, onAttempt } = options;
  const received = new ReceivedFeed('stream');
  let position: string | undefined;
  const follow = async () => {
    let lastAt = Date.now();
    const stream = await openEventStream(url, {
      query: position === undefined ? '?after=oldest' : '',
      headers: {
        'X-Access-Key': accessKey,
        ...(position !== undefined && { 'Last-Event-ID': position }),
      },
      onEvent: ({ name, id, data }) => {
        lastAt = Date.now();
        position = id ?? position;
        if (name === 'reset') received.restart();
        if (name === 'message') received.add(data as FeedEvent);
      },
    });
    const { status } = stream;
    const hasRetryAfter = stream.headers.get('retry-after') !== null;
    onAttempt({
      endedAt: Date.now(),
      status,
      code: undefined,
      hasRetryAfter,
      summary: `GET stream: ${status}`,
    });
    if (status !== 200) return stream.close();
    const watch = setInterval(() => {
      if (Date.now() - lastAt < SILENCE_MS && !signal.aborted) return;
      if (!signal.aborted) received.violations.push(`stream: silent for ${SILENCE_MS} ms`);
      stream.close();
    }, 100);
    await stream.ended;
    clearInterval(watch);
  };
  return { received, ended: repeat(follow, options, 'GET stream') };
}

/** Reads pages with long polls, and stores its position as a named consumer after each. */
export function consumerReader(options: ReaderOptions): FeedReader {
  const received = new ReceivedFeed('consumer');
  const consumer = '/api/v1/consumers/drill';
  const request = async (method: string, path: string, json?: object) => {
    const response = await fetch(options.url + path, {
      method,
      headers: { 'X-Access-Key': options.accessKey, ...(json && { 'Content-Type': 'application/json' }) },
      ...(json && { body: JSON.stringify(json) }),
      signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
    });
    const text = await response.text();
    const { status } = response;
    const code = response.ok ? undefined : (/"code":"([^"]+)"/.exec(text)?.[1] ?? 'no problem');
    const hasRetryAfter = response.headers.get('retry-after') !== null;
    const summary = `${method} ${path}: ${status} ${response.ok ? '' : text}`;
    options.onAttempt({ endedAt: Date.now(), status, code, hasRetryAfter, summary });
    return { status, body: response.ok ? (JSON.parse(text) as any) : undefined };
  };
  let isCreated = false;
  /** Reads from the stored position until a request fails. */
  const follow = async () => {
    if (!isCreated) {
      const { status } = await request('PUT', consumer, { position: 'oldest' });
      if (status >= 300) return;
      isCreated = true;
    }
    const { body: stored } = await request('GET', consumer);
    if (!stored) return;
    received.restart();
    let { position } = stored as { position: string };
    while (!options.signal.aborted) {
      const query = `after=${position}&limit=${PAGE_SIZE}&wait=${LONG_POLL_SECONDS}`;
      const { body: page } = await request('GET', `/api/v1/events?${query}`);
      if (!page) return;
      const { events, next } = page as { events: FeedEvent[]; next: string };
      for (const event of events) received.add(event);
      if (next === position) continue;
      const { status } = await request('PUT', consumer, { position: next });
      if (status >= 300) return;
      position = next;
    }
  };
  return { received, ended: repeat(follow, options, 'consumer') };
}

/** Runs `follow` again and again until the signal is aborted; a failed request is an attempt without a response. */
async function repeat(
  follow: () => Promise<unknown>,
  { signal, onAttempt }: ReaderOptions,
  name: string,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await follow();
    } catch (error) {
      if (!(error instanceof Error) || !['TypeError', 'TimeoutError'].includes(error.name)) throw error;
      const { message, cause } = error;
      const summary = `${name}: ${message} ${cause instanceof Error ? cause.message : ''}`;
      onAttempt({ endedAt: Date.now(), status: 0, code: error.name, hasRetryAfter: false, summary });
    }
    await sleep(RECONNECT_MS);
  }
}
