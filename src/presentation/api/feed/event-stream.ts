import { once } from 'node:events';
import type { Response } from 'express';
import type { FeedEvent, FeedFilter, FeedPage } from '../../../application/feed/event-feed.js';
import type { FollowFeed } from '../../../application/feed/follow-feed.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import type { Workload } from '../../../domain/access/workload.js';
import { FeedPositionGone } from '../../../domain/feed/feed-errors.js';
import { type FeedPosition, type FeedStart, formatPosition } from '../../../domain/feed/feed-position.js';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import { turnPause } from '../../../shared/event-loop-turns.js';
import { FeedEventResponse, FeedReceiptResponse } from './feed.dto.js';

/** An idle stream sends a heartbeat after this time, or up to `CHECK_MS` later. */
const HEARTBEAT_MS = 5_000;

/** How often an idle stream checks its key: with the age of what is known of keys, it ends within 5 s of the revocation. */
const CHECK_MS = 2_000;

/** The time after which a browser reconnects. */
const RECONNECT_MS = 2_000;

interface EventStreamOptions {
  readonly start: FeedStart;
  readonly filter: FeedFilter;
  /** Whether the key may read texts of others. */
  readonly mayRead: boolean;
  /** Rejects if the key is no longer valid: a stream may last longer than its key. */
  readonly requireKeyAgain: () => void | Promise<void>;
  /** Ends the stream when it is aborted. */
  readonly signal: AbortSignal;
  readonly workload: Workload;
}

/**
 * Events as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html
 *
 * It buffers nothing for a slow client: the stream waits until the socket has drained, and then reads the next events. The timeout
 * of the server disconnects a client that reads nothing.
 */
export class EventStream {
  private lastWriteAt = -Infinity;

  constructor(
    private readonly feed: FollowFeed,
    private readonly response: Response,
    private readonly options: EventStreamOptions,
  ) {}

  /** Sends events until the signal is aborted or the key is no longer valid. */
  async run(): Promise<void> {
    const { filter, signal, workload } = this.options;
    // At once, so that a proxy passes on the headers. The first heartbeat has the position at which the stream begins.
    this.response.write(`retry: ${RECONNECT_MS}\n\n`);
    let position: FeedStart = this.options.start;
    for (let failures = 0; !signal.aborted;) {
      try {
        for await (const page of this.feed.execute({
          start: position,
          filter,
          idleMs: CHECK_MS,
          signal,
          workload,
        })) {
          failures = 0;
          await this.options.requireKeyAgain();
          await this.send(page);
          position = page.next;
        }
      } catch (error) {
        if (error instanceof FeedPositionGone) {
          position = error.range.oldest;
          await this.write(namedEvent('reset', position, error.facts));
        } else if (error instanceof StoreUnavailable) {
          await this.heartbeat(position);
          await sleepUnlessAborted(backoffMs(++failures, { maxMs: 10_000 }), signal);
        } else {
          throw error;
        }
      }
    }
  }

  private async send({ events, next }: FeedPage): Promise<void> {
    const { mayRead, signal } = this.options;
    for (const event of events) {
      if (signal.aborted) return;
      const pause = turnPause();
      if (pause) await pause;
      await this.write(mayRead ? eventText(event) : receiptText(event));
    }
    await this.heartbeat(next);
  }

  /** Sends the position up to which the stream has read, unless it sent something recently. */
  private async heartbeat(position: FeedStart): Promise<void> {
    if (performance.now() - this.lastWriteAt < HEARTBEAT_MS) return;
    await this.write(
      typeof position === 'string'
        ? namedEvent('heartbeat', undefined, {})
        : namedEvent('heartbeat', position, { position: formatPosition(position) }),
    );
  }

  private async write(text: string): Promise<void> {
    const { signal } = this.options;
    if (signal.aborted) return;
    if (!this.response.write(text)) await once(this.response, 'drain', { signal }).catch(() => undefined);
    this.lastWriteAt = performance.now();
  }
}

function namedEvent(name: string, position: FeedPosition | undefined, data: object): string {
  const id = position ? `id: ${formatPosition(position)}\n` : '';
  return `event: ${name}\n${id}data: ${JSON.stringify(data)}\n\n`;
}

/** Returns the text of an event, cached for all streams. */
function cachedTexts(toResponse: (event: FeedEvent) => object): (event: FeedEvent) => string {
  const texts = new WeakMap<FeedEvent, string>();
  return (event) => {
    let text = texts.get(event);
    if (text === undefined) {
      text = `id: ${formatPosition(event.position)}\ndata: ${JSON.stringify(toResponse(event))}\n\n`;
      texts.set(event, text);
    }
    return text;
  };
}

const eventText = cachedTexts((event) => FeedEventResponse.from(event));
const receiptText = cachedTexts((event) => FeedReceiptResponse.from(event));
