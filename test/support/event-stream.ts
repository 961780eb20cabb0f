import { KEY } from './key.js';
import { until } from './until.js';

/** A received server-sent event. */
export interface ReceivedEvent {
  /** `message` for an event of the feed. */
  readonly name: string;
  readonly id: string | undefined;
  readonly data: any;
}

export interface EventStreamReader {
  readonly status: number;
  readonly headers: Headers;
  /** All events received so far, including heartbeats and resets. */
  readonly received: ReceivedEvent[];
  /** The events of the feed received so far. */
  events(): ReceivedEvent[];
  /** Resolves once `count` events of the feed have been received. */
  untilEvents(count: number, timeoutMs?: number): Promise<ReceivedEvent[]>;
  /** Resolves once an event of this name has been received. */
  untilNamed(name: string, timeoutMs?: number): Promise<ReceivedEvent>;
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Opens an event stream and reads it until it is closed. */
export async function openEventStream(
  url: string,
  {
    query = '',
    headers = {},
    onEvent = () => undefined,
  }: {
    query?: string;
    headers?: Record<string, string>;
    /** Is called with each event as it arrives. */
    onEvent?: (event: ReceivedEvent) => void;
  } = {},
): Promise<EventStreamReader> {
  const closing = new AbortController();
  const response = await fetch(`${url}/api/v1/events/stream${query}`, {
    headers: { 'X-Access-Key': KEY, ...headers },
    signal: closing.signal,
  });
  const received: ReceivedEvent[] = [];
  const events = () => received.filter(({ name }) => name === 'message');
  const read = async () => {
    let incomplete = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      const blocks = (incomplete + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
      incomplete = blocks.pop()!;
      const events = blocks.filter((block) => /^data:/m.test(block)).map(parseEvent);
      received.push(...events);
      events.forEach(onEvent);
    }
  };
  const ended = response.ok ? read().catch(() => undefined) : Promise.resolve();
  return {
    status: response.status,
    headers: response.headers,
    received,
    events,
    untilEvents: async (count, timeoutMs) => {
      await until(() => events().length >= count, { timeoutMs });
      return events();
    },
    untilNamed: async (name, timeoutMs) => {
      await until(() => received.some((event) => event.name === name), { timeoutMs });
      return received.find((event) => event.name === name)!;
    },
    ended,
    close: () => closing.abort(),
  };
}

function parseEvent(block: string): ReceivedEvent {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  return { name: field('event') ?? 'message', id: field('id'), data: JSON.parse(field('data')!) };
}
