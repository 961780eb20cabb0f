import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { MonotonicClock } from '../../src/shared/time/monotonic-clock.js';

interface Sleeper {
  readonly atMs: number;
  readonly wake: (hasSlept: boolean) => void;
}

/** A clock that stands still until a test advances it. */
export class VirtualMonotonicClock extends MonotonicClock {
  private nowMs = 0;
  private sleepers: Sleeper[] = [];

  override now(): number {
    return this.nowMs;
  }

  override async sleep(milliseconds: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const sleeper = { atMs: this.nowMs + milliseconds, wake: resolve };
    this.sleepers.push(sleeper);
    signal?.addEventListener('abort', () => this.wake(sleeper, false), { once: true });
    return promise;
  }

  /** Lets time pass; whoever sleeps wakes up in time. */
  async advance(milliseconds: number): Promise<void> {
    const endMs = this.nowMs + milliseconds;
    for (;;) {
      await turnOfEventLoop();
      const [next] = this.sleepers.toSorted((one, other) => one.atMs - other.atMs);
      if (!next || next.atMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.wake(next, true);
    }
    this.nowMs = endMs;
  }

  private wake(sleeper: Sleeper, hasSlept: boolean): void {
    this.sleepers = this.sleepers.filter((each) => each !== sleeper);
    sleeper.wake(hasSlept);
  }
}
