import { KEY } from './service.js';
import { until } from './until.js';

/** A server-sent event as it came. */
export interface SentEvent {
  /** `message` for an event of the feed. */
  readonly name: string;
  readonly id: string | undefined;
  readonly data: any;
}

export interface EventStreamReader {
  readonly status: number;
  readonly headers: Headers;
  /** All that came so far. */
  readonly received: SentEvent[];
  /** Events of the feed that came so far. */
  events(): SentEvent[];
  /** Resolves when so many events of the feed have come. */
  untilEvents(count: number, timeoutMs?: number): Promise<SentEvent[]>;
  /** Resolves when an event of this name has come. */
  untilNamed(name: string, timeoutMs?: number): Promise<SentEvent>;
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Opens a stream of events, and reads what comes. */
export async function openEventStream(
  url: string,
  { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {},
): Promise<EventStreamReader> {
  const closing = new AbortController();
  const response = await fetch(`${url}/api/v1/events/stream${query}`, {
    headers: { 'X-Access-Key': KEY, ...headers },
    signal: closing.signal,
  });
  const received: SentEvent[] = [];
  const events = () => received.filter(({ name }) => name === 'message');
  const read = async () => {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      const blocks = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
      rest = blocks.pop()!;
      received.push(...blocks.filter((block) => /^data:/m.test(block)).map(eventIn));
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

function eventIn(block: string): SentEvent {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  return { name: field('event') ?? 'message', id: field('id'), data: JSON.parse(field('data')!) };
}
