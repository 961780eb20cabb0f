import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { MonotonicClock } from '../../../src/shared/time/monotonic-clock.js';
import { EventDelivery, type EventHandlers } from './event-delivery.js';
import { type FollowState, FeedFollower, type Refusal } from './feed-follower.js';
import type { Feed, FeedEvent } from './feed.js';
import { FeedCursor } from './feed-cursor.js';
import { LeaderLock, type Locks } from './leader-lock.js';

export type { EventHandlers, FeedEvent };

/**
 * Whether events arrive: `live` by a stream; `polling` with a delay of seconds; not at all while `connecting` or `offline`, nor after
 * the session has ended (`signed-out`) or for a key that may not read the feed (`forbidden`). `since` is when the stream was lost.
 */
export type Connection =
  | { readonly state: 'live' }
  | { readonly state: Exclude<FollowState, 'live'> | Refusal; readonly since: Date };

/** The part of a BroadcastChannel that is used. */
export interface Channel {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  postMessage(message: unknown): void;
  close(): void;
}

/** What the page runs in. */
export interface LiveEnvironment {
  readonly feed: Feed;
  /** Opens the channel to the other tabs. */
  readonly openChannel: () => Channel;
  /** Undefined where the browser has none. */
  readonly locks: Locks | undefined;
  readonly clock: MonotonicClock;
  readonly now: () => Date;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
}

/** Which tab leads: the one with the greatest claim, which is the newest. */
interface Claim {
  readonly term: number;
  readonly tab: number;
}

/** What the leader has read; it says so at least every 30 s. */
interface Progress {
  readonly kind: 'progress';
  readonly claim: Claim;
  readonly connection: Connection;
  /** The positions before and after these events; undefined until the first one is known. */
  readonly after: string | undefined;
  readonly position: string | undefined;
  readonly events: readonly FeedEvent[];
}

/** What the tabs tell each other: who joins asks the leader for its progress. */
type Message = Progress | { readonly kind: 'join' } | { readonly kind: 'resigned'; readonly claim: Claim };

const CHECK_MS = 500;

/** How long a leader may be silent before another tab takes its place. */
const MAX_SILENCE_MS = 45_000;

/** How long a leader may take to answer a tab that joins. */
const ANSWER_MS = 2_000;

/** The same where there are no locks, so that nobody knows whether there is a leader. */
const ANSWER_WITHOUT_LOCKS_MS = 300;

const MAX_TAB = 2 ** 31;

/**
 * The events of the feed as they happen, in all tabs of the browser by one stream.
 *
 * One tab leads: it follows the feed, and passes everything on to the others. Another takes over when the leader is closed, and when
 * it is silent because the browser has frozen it. Each tab knows the position up to which it has got the events: it reads those that
 * it has missed, and resets if they are gone. What is read from the API after `opened` has resolved misses no event.
 */
export class LiveEvents {
  readonly connection: ReadonlySignal<Connection>;
  private readonly current: Signal<Connection>;
  private readonly delivery: EventDelivery;
  private readonly cursor: FeedCursor;
  private readonly lock: LeaderLock;
  private readonly tab: number;
  private channel: Channel | undefined;
  /** Set while the tab takes part; aborted when it leaves. */
  private membership: AbortController | undefined;
  /** Set while the tab leads. */
  private follower: FeedFollower | undefined;
  private leader: Claim | undefined;
  /** When another tab takes the place of a leader that it knows nothing of. */
  private silentAtMs = 0;
  private isSuspended = false;

  constructor(private readonly environment: LiveEnvironment) {
    const { feed, clock, now, random, locks } = environment;
    this.current = signal<Connection>({ state: 'connecting', since: now() });
    this.connection = this.current;
    this.delivery = new EventDelivery(clock);
    this.cursor = new FeedCursor(feed, this.delivery);
    this.tab = Math.floor(random() * MAX_TAB);
    this.lock = new LeaderLock(locks, { onGranted: () => this.lead(), onLost: () => this.follow() });
  }

  /** Resolves when the position is known from which on events are delivered: what is read from the API after that misses none. */
  get opened(): Promise<void> {
    return this.cursor.opened;
  }

  /** @returns what ends the subscription. */
  subscribe(handlers: EventHandlers): () => void {
    return this.delivery.subscribe(handlers);
  }

  /** Takes part, also again after the session has ended; from the last position on, if there is one. */
  start(): void {
    this.isSuspended = false;
    if (this.membership) return;
    if (!this.channel) {
      this.channel = this.environment.openChannel();
      this.channel.addEventListener('message', ({ data }) => this.received(data as Message));
    }
    this.join();
  }

  /** Ends the stream, and leaves it to the other tabs. */
  stop(): void {
    this.isSuspended = false;
    this.leave();
    this.channel?.close();
    this.channel = undefined;
  }

  /** The page may be frozen or closed: it holds nothing that prevents that, or that other tabs wait for. */
  suspend(): void {
    if (!this.channel) return;
    this.stop();
    this.isSuspended = true;
  }

  /** The page is back after `suspend`. */
  resume(): void {
    if (this.isSuspended) this.start();
  }

  /** The network is back, or somebody looks at the page again. */
  wake(): void {
    this.follower?.wake();
  }

  private join(): void {
    this.membership = new AbortController();
    this.changeTo('connecting');
    this.follow();
    void this.watch(this.membership.signal);
  }

  private leave(): void {
    this.membership?.abort();
    this.membership = undefined;
    if (this.follower) {
      this.stopLeading();
      this.post({ kind: 'resigned', claim: this.leader! });
    }
    this.leader = undefined;
    this.lock.release();
  }

  /** Waits for the messages of the leader, and for its lock. */
  private follow(): void {
    this.stopLeading();
    this.expectWithin(this.lock.isReliable ? ANSWER_MS : ANSWER_WITHOUT_LOCKS_MS);
    this.lock.wait();
    this.post({ kind: 'join' });
  }

  private expectWithin(durationMs: number): void {
    this.silentAtMs = this.environment.clock.now() + durationMs;
  }

  private async watch(left: AbortSignal): Promise<void> {
    const { clock } = this.environment;
    while (await clock.sleep(CHECK_MS, left)) {
      if (!this.follower && clock.now() >= this.silentAtMs) this.lock.steal();
    }
  }

  private lead(): void {
    if (!this.membership || this.follower) return;
    const { feed, clock, now } = this.environment;
    this.leader = { term: Math.max(now().getTime(), (this.leader?.term ?? 0) + 1), tab: this.tab };
    const follower = new FeedFollower(
      feed,
      clock,
      {
        onProgress: (after, position, events) => {
          this.cursor.accept({ after, position, events }, this.membership?.signal);
          this.postProgress(after, position, events);
        },
        onReset: (position) => {
          this.cursor.moveTo(position);
          this.postProgress(position, position);
        },
        onState: (state) => {
          this.changeTo(state);
          this.postProgress();
        },
      },
      this.cursor.position,
    );
    this.follower = follower;
    this.changeTo('connecting');
    this.postProgress();
    void this.run(follower);
  }

  private async run(follower: FeedFollower): Promise<void> {
    const refusal = await follower.run();
    if (!refusal || this.follower !== follower) return;
    // No tab can read the feed until somebody signs in.
    this.changeTo(refusal);
    this.postProgress();
    this.stopLeading();
    this.leave();
  }

  private stopLeading(): void {
    this.follower?.stop();
    this.follower = undefined;
  }

  private changeTo(state: Connection['state']): void {
    const { value: last } = this.current;
    if (last.state === state) return;
    const wasLost = last.state === 'connecting' || last.state === 'polling' || last.state === 'offline';
    const since = wasLost && !isRefusal(state) ? last.since : this.environment.now();
    this.current.value = state === 'live' ? { state } : { state, since };
  }

  private post(message: Message): void {
    this.channel?.postMessage(message);
  }

  private postProgress(
    after = this.cursor.position,
    position = after,
    events: readonly FeedEvent[] = [],
  ): void {
    const connection = this.current.value;
    this.post({ kind: 'progress', claim: this.leader!, connection, after, position, events });
  }

  private received(message: Message): void {
    if (message.kind === 'join') {
      if (this.follower) this.postProgress();
    } else if (this.leader && isOlder(message.claim, this.leader)) {
      // That tab was frozen, and does not know yet that this one leads.
      if (this.follower) this.postProgress();
    } else if (message.kind === 'progress') {
      this.followLeader(message);
    } else if (!this.lock.isReliable) {
      // The others compete. With locks, the browser has chosen the next leader already.
      this.expectWithin(this.environment.random() * ANSWER_WITHOUT_LOCKS_MS);
    }
  }

  private followLeader({ claim, connection, after, position, events }: Progress): void {
    if (isRefusal(connection.state)) {
      this.leave();
    } else {
      // Without membership: somebody has signed in again in the other tab.
      if (!this.membership) this.join();
      else if (this.follower) this.follow();
      this.leader = claim;
      this.expectWithin(MAX_SILENCE_MS);
    }
    if (!isSame(connection, this.current.value)) this.current.value = connection;
    if (after !== undefined && position !== undefined)
      this.cursor.accept({ after, position, events }, this.membership?.signal);
  }
}

const isOlder = (claim: Claim, other: Claim): boolean =>
  claim.term < other.term || (claim.term === other.term && claim.tab < other.tab);

const isRefusal = (state: Connection['state']): state is Refusal =>
  state === 'signed-out' || state === 'forbidden';

const sinceOf = (connection: Connection) =>
  connection.state === 'live' ? undefined : connection.since.getTime();

const isSame = (one: Connection, other: Connection) =>
  one.state === other.state && sinceOf(one) === sinceOf(other);
