import { backoffMs } from '../../../src/shared/backoff.js';
import type { MonotonicClock } from '../../../src/shared/time/monotonic-clock.js';
import { ApiProblem, requireRequestError } from '../api/problems.js';
import { type Feed, type FeedEvent, latestIfGone, type StreamMessage } from './feed.js';

const CHECK_MS = 1_000;

/** An idle stream sends a heartbeat at least every 10 s. */
const MAX_SILENCE_MS = 25_000;

/** After the computer has slept, its clock does not say for how long a stream was silent: it must send something in this time. */
const MAX_SILENCE_AFTER_WAKE_MS = 11_000;

/** A stream sends its position at once. One that does not is buffered by a proxy. */
const FIRST_MESSAGE_MS = 5_000;

/** A stream that is lost earlier counts as a failed attempt. */
const STABLE_MS = 10_000;

/** The longest pause between two attempts to open a stream, and so the longest wait of a poll. */
const MAX_PAUSE_MS = 15_000;

/** The pause after a page without events, if the API did not wait for them. */
const POLL_PAUSE_MS = 3_000;

/** The pause after a page with events. */
const NEXT_PAGE_MS = 250;

/** `polling` while no stream can be opened; `offline` while nothing answers. */
export type FollowState = 'connecting' | 'live' | 'polling' | 'offline';

/** Why nothing can be read: the session has ended, or its key may not read the feed. */
export type Refusal = 'signed-out' | 'forbidden';

const REFUSALS: Readonly<Record<string, Refusal>> = {
  'request.unauthorized': 'signed-out',
  'request.forbidden': 'forbidden',
};

/** What a follower reports. */
export interface FeedListener {
  /** The feed was read from one position to another, with these events between them; often none. */
  onProgress(after: string, position: string, events: readonly FeedEvent[]): void;
  /** The feed is read from this position on: the first one, or the latest one after events were lost. */
  onReset(position: string): void;
  onState(state: FollowState): void;
}

/**
 * Reads the event feed from a position on: by a stream, and by polls while there is none, with growing pauses between attempts. A stream
 * that is silent counts as lost, whatever its connection says.
 */
export class FeedFollower {
  private isStopped = false;
  private isStreaming = false;
  /** Ends the stream, the poll or the pause that is under way. */
  private current = new AbortController();
  private lastMessageMs = 0;
  /** Whether the key has too many streams and long polls. */
  private isLimited = false;

  /** @param position undefined for the present. */
  constructor(
    private readonly feed: Feed,
    private readonly clock: MonotonicClock,
    private readonly listener: FeedListener,
    private position: string | undefined,
  ) {}

  /** Reads until it is stopped. @returns why it ended by itself. */
  async run(): Promise<Refusal | undefined> {
    for (let failures = 0; !this.isStopped;) {
      if (this.position !== undefined && (await this.stream(this.position))) failures = 0;
      if (this.isStopped) break;
      failures++;
      const hasPosition = this.position !== undefined;
      const pauseMs = failures > 1 || hasPosition ? backoffMs(failures, { maxMs: MAX_PAUSE_MS }) : 0;
      // A stream that can be opened again misses nothing: polls are for when it cannot.
      if (hasPosition && failures === 1) await this.pause(pauseMs);
      else {
        const refusal = await this.poll(pauseMs);
        if (refusal) return refusal;
      }
    }
    return undefined;
  }

  /** Ends the stream at once; nothing is reported any more. */
  stop(): void {
    this.isStopped = true;
    this.current.abort();
  }

  /** Ends a pause, and makes sure that the stream still works: the network is back, or somebody looks at the page again. */
  wake(): void {
    const latestMs = this.clock.now() - MAX_SILENCE_MS + MAX_SILENCE_AFTER_WAKE_MS;
    this.lastMessageMs = Math.min(this.lastMessageMs, latestMs);
    if (!this.isStreaming) this.current.abort();
  }

  /** Follows a stream until it is lost. @returns whether it was stable. */
  private async stream(start: string): Promise<boolean> {
    const lost = (this.current = new AbortController());
    const source = this.feed.open(start);
    lost.signal.addEventListener('abort', () => source.close(), { once: true });
    const beganMs = this.clock.now();
    let isLive = false;
    const on = (type: string, handle: (message: StreamMessage) => void) =>
      source.addEventListener(type, (message) => {
        if (lost.signal.aborted) return;
        this.lastMessageMs = this.clock.now();
        if (!isLive) {
          isLive = true;
          this.isLimited = false;
          this.listener.onState('live');
        }
        handle(message);
      });
    on('message', ({ data, lastEventId }) => this.advance(lastEventId!, [JSON.parse(data!) as FeedEvent]));
    on('heartbeat', ({ lastEventId }) => this.advance(lastEventId || this.position!, []));
    on('reset', ({ data }) => {
      lost.abort();
      // The stream would continue with all events that are retained. Whoever reads the lists again needs those after the latest.
      this.reset((JSON.parse(data!) as { latest: string }).latest);
    });
    source.addEventListener('error', () => lost.abort());
    this.lastMessageMs = beganMs;
    this.isStreaming = true;
    while (await this.clock.sleep(CHECK_MS, lost.signal)) {
      const silenceMs = this.clock.now() - this.lastMessageMs;
      if (silenceMs > (isLive ? MAX_SILENCE_MS : FIRST_MESSAGE_MS)) lost.abort();
    }
    this.isStreaming = false;
    if (isLive && !this.isStopped) this.listener.onState('connecting');
    return isLive && this.clock.now() - beganMs >= STABLE_MS;
  }

  /** Reads pages for a time, and one at least. */
  private async poll(durationMs: number): Promise<Refusal | undefined> {
    let endMs = this.clock.now() + durationMs;
    do {
      const leftMs = Math.max(endMs - this.clock.now(), 0);
      let pauseMs: number;
      try {
        if (this.position === undefined) {
          await this.findPosition();
          return undefined;
        }
        pauseMs = await this.readPage(this.isLimited ? 0 : Math.ceil(leftMs / 1_000));
      } catch (error) {
        if (this.current.signal.aborted) return undefined;
        const refusal = error instanceof ApiProblem ? REFUSALS[error.code] : undefined;
        if (refusal) return refusal;
        const minMs = this.failed(error);
        endMs = Math.max(endMs, this.clock.now() + minMs);
        pauseMs = endMs - this.clock.now();
      }
      await this.pause(Math.min(pauseMs, endMs - this.clock.now()));
    } while (!this.current.signal.aborted && this.clock.now() < endMs);
    return undefined;
  }

  private async findPosition(): Promise<void> {
    const { signal } = (this.current = new AbortController());
    const { next } = await this.feed.read('latest', 0, signal);
    signal.throwIfAborted();
    this.reset(next);
  }

  /** @returns how long to wait before the next page. */
  private async readPage(waitSeconds: number): Promise<number> {
    const { signal } = (this.current = new AbortController());
    const page = await this.feed.read(this.position!, waitSeconds, signal);
    signal.throwIfAborted();
    this.listener.onState('polling');
    this.advance(page.next, page.events);
    return page.has_more || page.events.length > 0 ? NEXT_PAGE_MS : POLL_PAUSE_MS;
  }

  /** @returns the pause that the API asks for, in milliseconds. @throws an error that is none of the API or the network. */
  private failed(error: unknown): number {
    const latest = latestIfGone(error);
    if (latest !== undefined) {
      this.reset(latest);
      return 0;
    }
    requireRequestError(error);
    this.isLimited ||= error instanceof ApiProblem && error.status === 429;
    this.listener.onState(this.isLimited ? 'connecting' : 'offline');
    return error instanceof ApiProblem ? error.retryAfterMs : 0;
  }

  private async pause(durationMs: number): Promise<void> {
    if (this.isStopped || durationMs <= 0) return;
    this.current = new AbortController();
    await this.clock.sleep(durationMs, this.current.signal);
  }

  private advance(position: string, events: readonly FeedEvent[]): void {
    const after = this.position!;
    this.position = position;
    this.listener.onProgress(after, position, events);
  }

  private reset(position: string): void {
    this.position = position;
    this.listener.onReset(position);
  }
}
