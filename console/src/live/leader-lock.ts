import { aborted } from '../../../src/shared/abort.js';

/** The part of `navigator.locks` that is used: https://w3c.github.io/web-locks/ */
export interface Locks {
  request(
    name: string,
    options: { readonly signal?: AbortSignal; readonly steal?: boolean },
    hold: () => Promise<void>,
  ): Promise<unknown>;
}

const NAME = 'incidents-live';

interface LockListener {
  onGranted(): void;
  /** Another tab has stolen the lock. */
  onLost(): void;
}

/**
 * The lock of the tab that leads. The browser grants it to another tab as soon as the tab that has it is closed or crashes.
 *
 * Browsers have locks on pages over TLS and on this machine only. Without them, a lock is granted when it is stolen, and the tabs find
 * out by their messages who has it.
 */
export class LeaderLock {
  /** Aborted to release the lock, or to wait for it no longer. */
  private held = new AbortController();

  constructor(
    private readonly locks: Locks | undefined,
    private readonly listener: LockListener,
  ) {}

  /** Whether the browser has locks. */
  get isReliable(): boolean {
    return this.locks !== undefined;
  }

  /** Waits for the lock. */
  wait(): void {
    this.release();
    const { signal } = (this.held = new AbortController());
    this.request({ signal }, signal);
  }

  /** Takes the lock from the tab that has it, which may be frozen. */
  steal(): void {
    this.release();
    const { signal } = (this.held = new AbortController());
    if (this.locks) this.request({ steal: true }, signal);
    else this.listener.onGranted();
  }

  /** Releases the lock, or waits for it no longer. */
  release(): void {
    this.held.abort();
  }

  private request(options: Parameters<Locks['request']>[1], released: AbortSignal): void {
    const hold = async () => {
      if (released.aborted) return;
      this.listener.onGranted();
      await aborted(released);
    };
    this.locks?.request(NAME, options, hold).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error;
      if (!released.aborted) this.listener.onLost();
    });
  }
}
