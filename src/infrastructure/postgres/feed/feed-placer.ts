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

/** How much time lies between two rounds after commits of this process, in milliseconds. */
const AFTER_COMMIT_MS = 20;

/** How long nothing is done where this process has committed nothing, in milliseconds: at first, and after many rounds. */
const IDLE_MS = { first: 250, longest: 1_000 } as const;

/** Rounds take a fiftieth of the time at most: while there are commits all the time, there are fewer rounds, with more events. */
const MAX_SHARE = 1 / 50;

/**
 * Moves queued events into the feed. Any number of processes does so, one at a time; each looks soon after its own commits, and
 * now and then for what a process left that was killed.
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
   * Places what is queued, up to MAX_PLACED statements.
   * @returns whether more may be queued; false too where another process is placing.
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
      const began = performance.now();
      this.committed.clear();
      try {
        while (await this.place());
        if (failures > 0) this.logger.log('events are placed in the feed again');
        failures = 0;
      } catch (error) {
        const { cause = error } = error as Error;
        if (++failures === 1) this.logger.warn(`events wait for their place in the feed: ${reasonOf(cause)}`);
        await sleepUnlessAborted(IDLE_MS.longest, signal);
        continue;
      }
      const endAt = began + Math.max(AFTER_COMMIT_MS, (performance.now() - began) / MAX_SHARE);
      await this.committed.wait(idleMs);
      idleMs = this.committed.isSent ? IDLE_MS.first : Math.min(idleMs * 2, IDLE_MS.longest);
      await sleepUnlessAborted(Math.max(endAt - performance.now(), 0), signal);
    }
  }
}
