import { ApiProblem, NetworkError } from '../../../console/src/api/problems.js';
import type {
  EventStream,
  Feed,
  FeedEvent,
  FeedPage,
  StreamMessage,
} from '../../../console/src/live/feed.js';
import type { Locks } from '../../../console/src/live/leader-lock.js';
import { type Channel, LiveEvents } from '../../../console/src/live/live-events.js';
import { MonotonicClock } from '../../../src/shared/time/monotonic-clock.js';
import { later } from '../../support/builders.js';
import { VirtualMonotonicClock } from '../../support/virtual-monotonic-clock.js';

const PAGE_SIZE = 200;

/** A feed that answers as the API does, and can fail in the ways in which it and the network fail. */
export class FakeFeed {
  private events: FeedEvent[] = [];
  private epoch = 1;
  private latest = 0;
  private trimmedTo = 0;
  private added = new AbortController();
  readonly streams = new Set<FakeStream>();
  /** How many requests have arrived. */
  opens = 0;
  reads = 0;
  /** When the requests for pages have arrived. */
  readonly readAtMs: number[] = [];
  /** How long a page is under way. */
  latencyMs = 0;
  /** Whether the network and the service work. */
  isUp = true;
  /** Whether streams are kept from the client by a proxy that buffers. */
  isBuffered = false;
  /** What every request is answered with. */
  problem: ApiProblem | undefined;

  constructor(readonly clock: MonotonicClock) {
    void this.sendHeartbeats();
  }

  get position(): string {
    return `${this.epoch}.${this.latest}`;
  }

  /** Adds events. @returns their positions. */
  add(count = 1): string[] {
    const positions = Array.from({ length: count }, () => {
      this.latest++;
      const event = { position: this.position, incident_id: this.latest, seq: 1 } as FeedEvent;
      this.events.push(event);
      for (const stream of this.streams) this.send(stream, event);
      return this.position;
    });
    this.added.abort();
    this.added = new AbortController();
    return positions;
  }

  /** Begins another epoch, as a restore does. */
  restore(): void {
    this.epoch++;
    this.events = [];
    for (const stream of this.streams) this.reset(stream);
  }

  /** Deletes all events so far. */
  trim(): void {
    this.trimmedTo = this.latest;
    this.events = [];
  }

  /** Ends all streams. */
  cut(): void {
    for (const stream of this.streams) stream.fail();
  }

  open(after: string): FakeStream {
    this.opens++;
    const stream = new FakeStream(() => this.streams.delete(stream));
    queueMicrotask(() => {
      if (!this.isUp || this.problem) return stream.fail();
      this.streams.add(stream);
      if (this.isGone(after)) return this.reset(stream);
      for (const event of this.after(after)) this.send(stream, event);
      if (!this.isBuffered) stream.emit('heartbeat', { data: '{}', lastEventId: this.position });
    });
    return stream;
  }

  async read(after: string, waitSeconds: number, signal: AbortSignal): Promise<FeedPage> {
    this.reads++;
    this.readAtMs.push(this.clock.now());
    await Promise.resolve();
    signal.throwIfAborted();
    if (!this.isUp) throw new NetworkError();
    if (this.problem) throw this.problem;
    if (after === 'latest') return { events: [], next: this.position, has_more: false };
    if (this.isGone(after)) throw new ApiProblem(410, { code: 'feed.position-gone', latest: this.position });
    if (this.after(after).length === 0 && waitSeconds > 0) {
      await this.clock.sleep(waitSeconds * 1_000, AbortSignal.any([signal, this.added.signal]));
      signal.throwIfAborted();
    }
    const events = this.after(after);
    const page = events.slice(0, PAGE_SIZE);
    if (this.latencyMs > 0) await this.clock.sleep(this.latencyMs, signal);
    return { events: page, next: page.at(-1)?.position ?? after, has_more: events.length > PAGE_SIZE };
  }

  private after(position: string): FeedEvent[] {
    return this.events.filter((event) => numberOf(event.position) > numberOf(position));
  }

  private isGone(position: string): boolean {
    return Number(position.split('.')[0]) !== this.epoch || numberOf(position) < this.trimmedTo;
  }

  private send(stream: FakeStream, event: FeedEvent): void {
    if (!this.isBuffered)
      stream.emit('message', { data: JSON.stringify(event), lastEventId: event.position });
  }

  private reset(stream: FakeStream): void {
    stream.emit('reset', { data: JSON.stringify({ latest: this.position }), lastEventId: `${this.epoch}.0` });
  }

  private async sendHeartbeats(): Promise<void> {
    while (await this.clock.sleep(8_000)) {
      if (this.isBuffered || !this.isUp) continue;
      for (const stream of this.streams) stream.emit('heartbeat', { data: '{}', lastEventId: this.position });
    }
  }
}

const numberOf = (position: string) => Number(position.split('.')[1]);

class FakeStream implements EventStream {
  private readonly listeners = new Map<string, (event: StreamMessage) => void>();

  constructor(readonly close: () => void) {}

  addEventListener(type: string, listener: (event: StreamMessage) => void): void {
    this.listeners.set(type, listener);
  }

  emit(type: string, message: StreamMessage): void {
    this.listeners.get(type)?.(message);
  }

  fail(): void {
    this.emit('error', {});
  }
}

interface Request {
  readonly tab: object;
  readonly hold: () => Promise<void>;
  readonly settle: (error?: Error) => void;
}

/** Web Locks as the specification has them, for one name. */
export class FakeLocks {
  private holder: Request | undefined;
  private queue: Request[] = [];

  of(tab: object): Locks {
    return {
      request: (_name, { signal, steal }, hold) =>
        new Promise<void>((resolve, reject) => {
          const request = { tab, hold, settle: (error?: Error) => (error ? reject(error) : resolve()) };
          if (steal) {
            this.holder?.settle(new DOMException('stolen', 'AbortError'));
            this.grant(request);
            return;
          }
          this.queue.push(request);
          signal?.addEventListener('abort', () => {
            if (!this.queue.includes(request)) return;
            this.queue = this.queue.filter((each) => each !== request);
            request.settle(new DOMException('aborted', 'AbortError'));
          });
          this.grantNext();
        }),
    };
  }

  /** Releases everything of a tab that is closed. */
  drop(tab: object): void {
    this.queue = this.queue.filter((each) => each.tab !== tab);
    if (this.holder?.tab === tab) {
      this.holder = undefined;
      this.grantNext();
    }
  }

  private grantNext(): void {
    if (!this.holder && this.queue.length > 0) this.grant(this.queue.shift()!);
  }

  private grant(request: Request): void {
    this.holder = request;
    queueMicrotask(() => void this.hold(request));
  }

  private async hold(request: Request): Promise<void> {
    await request.hold();
    request.settle();
    if (this.holder !== request) return;
    this.holder = undefined;
    this.grantNext();
  }
}

/** A browser with tabs that are open, frozen or closed. */
export class FakeBrowser {
  readonly clock = new VirtualMonotonicClock();
  readonly feed = new FakeFeed(this.clock);
  readonly tabs: Tab[] = [];
  private readonly locks: FakeLocks | undefined;

  constructor({ hasLocks = true } = {}) {
    this.locks = hasLocks ? new FakeLocks() : undefined;
  }

  now(): Date {
    return later(this.clock.now());
  }

  /** Opens tabs one after the other, and waits for their position. */
  async open(count = 1): Promise<Tab[]> {
    const opened: Tab[] = [];
    for (let n = 0; n < count; n++) {
      const tab: Tab = new Tab(this);
      this.tabs.push(tab);
      opened.push(tab);
      tab.live.start();
      await this.clock.advance(1_000);
    }
    return opened;
  }

  locksOf(tab: Tab): Locks | undefined {
    return this.locks?.of(tab);
  }

  /** The tab ends without a chance to say so. */
  crash(tab: Tab): void {
    tab.isFrozen = true;
    tab.isClosed = true;
    for (const stream of tab.streams) stream.close();
    this.locks?.drop(tab);
  }

  /** @param from undefined for a tab that a test plays. */
  broadcast(from: Tab | undefined, message: unknown): void {
    for (const tab of this.tabs) if (tab !== from) tab.receive(structuredClone(message));
  }
}

/** A tab, and what it has got. */
export class Tab {
  readonly live: LiveEvents;
  /** The positions of the events, in the order of their delivery. */
  readonly received: string[] = [];
  batches = 0;
  largestBatch = 0;
  resets = 0;
  readonly streams = new Set<FakeStream>();
  isFrozen = false;
  isClosed = false;
  private listener: ((event: { data: unknown }) => void) | undefined;
  private waiting: (() => void)[] = [];

  constructor(private readonly browser: FakeBrowser) {
    const { clock, feed } = browser;
    this.live = new LiveEvents({
      feed: {
        open: (after) => this.stream(feed.open(after)),
        read: (...query) => feed.read(...query),
      } satisfies Feed,
      openChannel: () => this.channel(),
      locks: browser.locksOf(this),
      clock: new TabClock(clock, this),
      now: () => browser.now(),
      random: Math.random,
    });
    this.live.subscribe({
      onEvents: (events) => {
        this.batches++;
        this.largestBatch = Math.max(this.largestBatch, events.length);
        this.received.push(...events.map(({ position }) => position));
      },
      onReset: () => this.resets++,
    });
  }

  get state(): string {
    return this.live.connection.value.state;
  }

  /** Runs now, or once the tab is thawed. */
  whenThawed(task: () => void): void {
    if (this.isFrozen) this.waiting.push(task);
    else task();
  }

  thaw(): void {
    this.isFrozen = false;
    for (const task of this.waiting.splice(0)) task();
  }

  receive(message: unknown): void {
    const { listener } = this;
    if (listener)
      queueMicrotask(() => this.whenThawed(() => this.listener === listener && listener({ data: message })));
  }

  private channel(): Channel {
    return {
      addEventListener: (_type, listener) => (this.listener = listener),
      postMessage: (message) => this.browser.broadcast(this, message),
      close: () => (this.listener = undefined),
    };
  }

  private stream(stream: FakeStream): EventStream {
    this.streams.add(stream);
    return {
      addEventListener: (type, listener) =>
        stream.addEventListener(type, (event) => this.whenThawed(() => listener(event))),
      close: () => {
        this.streams.delete(stream);
        stream.close();
      },
    };
  }
}

/** The clock of a tab, whose timers do not fire while it is frozen. */
class TabClock extends MonotonicClock {
  constructor(
    private readonly clock: MonotonicClock,
    private readonly tab: Tab,
  ) {
    super();
  }

  override now(): number {
    return this.clock.now();
  }

  override async sleep(milliseconds: number, signal?: AbortSignal): Promise<boolean> {
    const hasSlept = await this.clock.sleep(milliseconds, signal);
    await new Promise<void>((resolve) => this.tab.whenThawed(resolve));
    return hasSlept && signal?.aborted !== true;
  }
}
