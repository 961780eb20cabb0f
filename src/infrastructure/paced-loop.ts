import { sleepUnlessAborted } from '../shared/abort.js';
import { backoffMs } from '../shared/backoff.js';
import { WakeSignal } from '../shared/wake-signal.js';
import { FailureLog } from './failure-log.js';

export interface LoopOptions {
  /** What it does, as the subject of a sentence in the log. */
  readonly name: string;
  /** The context of its lines in the log. */
  readonly context: string;
  /**
   * Does the work that there is, or a part of it.
   * @returns whether there may be more.
   */
  readonly run: (stop: AbortSignal) => Promise<boolean>;
  /** The pause after the first run that finds no more work, and the longest one after many. No other pause is longer. */
  readonly idleMs: { readonly first: number; readonly max: number };
  /** The minimum interval between the starts of two runs; by default none. */
  readonly minIntervalMs?: number;
  /** The maximum share of time for runs, above 0; by default 1. Under constant load there are fewer runs then, with more work each. */
  readonly maxTimeShare?: number;
}

/** Repeats work in the background of a process. A run that fails is repeated, with growing pauses. */
export class PacedLoop {
  private readonly stopping = new AbortController();
  private readonly woken = new WakeSignal();
  private readonly failureLog: FailureLog;
  private running: Promise<void> | undefined;

  constructor(private readonly options: LoopOptions) {
    this.failureLog = new FailureLog(options.context, options.name);
  }

  start(): void {
    this.running = this.repeat();
  }

  /** Says that there is work: ends an idle pause. */
  wake(): void {
    this.woken.send();
  }

  /** Finishes the run in flight. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
  }

  private async repeat(): Promise<void> {
    const { signal } = this.stopping;
    const { run, idleMs, minIntervalMs = 0, maxTimeShare = 1 } = this.options;
    let nextIdleMs = idleMs.first;
    while (!signal.aborted) {
      const startedAt = performance.now();
      this.woken.clear();
      let hasMore: boolean;
      try {
        hasMore = await run(signal);
        this.failureLog.succeeded();
      } catch (error) {
        const failures = this.failureLog.failed(error);
        await sleepUnlessAborted(backoffMs(failures, { maxMs: idleMs.max }), signal);
        continue;
      }
      const runMs = performance.now() - startedAt;
      const busyPauseMs = Math.min(runMs / maxTimeShare - runMs, idleMs.max);
      const nextAt = startedAt + Math.max(runMs + busyPauseMs, minIntervalMs);
      if (!hasMore) await this.woken.wait(nextIdleMs);
      const isBusy = hasMore || this.woken.isSent;
      nextIdleMs = isBusy ? idleMs.first : Math.min(nextIdleMs * 2, idleMs.max);
      await sleepUnlessAborted(Math.max(nextAt - performance.now(), 0), signal);
    }
  }
}
