import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { WakeSignal } from '../../../shared/wake-signal.js';
import { Database } from '../connection/database.js';
import { reasonOf } from '../connection/database-errors.js';
import { MAX_PLACED, PLACE } from './feed-statements.js';

/** The minimum interval between two runs after commits of this process. */
const AFTER_COMMIT_MS = 20;

/** The pause between runs while this process commits nothing: after the first idle run, and after many. */
const IDLE_MS = { first: 250, max: 1_000 } as const;

/**
 * The maximum share of time for runs: under constant load there are fewer runs, with more events each. After a slow run the pause is
 * `IDLE_MS.max` at most.
 */
const MAX_TIME_SHARE = 1 / 50;

/**
 * Moves queued events into the feed. Any number of processes do so, one at a time. Each places events soon after its own commits,
 * and polls for events that a killed process left.
 */
@Injectable()
export class FeedPlacer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Feed');
  private readonly stopping = new AbortController();
  private readonly listeners: (() => void)[] = [];
  private readonly committed = new WakeSignal();
  private running: Promise<void> | undefined;

  constructor(private readonly database: Database) {
    database.onChange(() => this.committed.send());
  }

  /** Calls back when this process has placed events. */
  onPlaced(listener: () => void): void {
    this.listeners.push(listener);
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.committed.send();
    await this.running;
  }

  /**
   * Places the events of up to MAX_PLACED queued statements.
   * @returns whether more may be queued; false if another process is placing.
   * @throws StoreUnavailable
   */
  async place(): Promise<boolean> {
    const [row] = await this.database.query<{ statements: number; events: number }>(PLACE);
    if (row!.events > 0) for (const listener of this.listeners) listener();
    return row!.statements === MAX_PLACED;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let failures = 0;
    for (let idleMs: number = IDLE_MS.first; !signal.aborted;) {
      const startedAt = performance.now();
      this.committed.clear();
      try {
        while (await this.place());
        if (failures > 0) this.logger.log('placing events in the feed again');
        failures = 0;
      } catch (error) {
        const { cause = error } = error as Error;
        if (++failures === 1) this.logger.warn(`cannot place events in the feed: ${reasonOf(cause)}`);
        await sleepUnlessAborted(IDLE_MS.max, signal);
        continue;
      }
      const pauseMs = Math.min((performance.now() - startedAt) / MAX_TIME_SHARE, IDLE_MS.max);
      const nextAt = startedAt + Math.max(AFTER_COMMIT_MS, pauseMs);
      await this.committed.wait(idleMs);
      idleMs = this.committed.isSent ? IDLE_MS.first : Math.min(idleMs * 2, IDLE_MS.max);
      await sleepUnlessAborted(Math.max(nextAt - performance.now(), 0), signal);
    }
  }
}
