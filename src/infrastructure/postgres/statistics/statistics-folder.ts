import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { Database } from '../connection/database.js';
import { reasonOf } from '../connection/database-errors.js';
import { FOLD, MAX_FOLDED } from './statistics-statements.js';

/** The minimum pause between two runs. What is queued meanwhile is read with the statistics, so a run need not be soon. */
const PAUSE_MS = 5_000;
/** The maximum share of time for runs: under constant load there are fewer runs, with more rows each. */
const MAX_TIME_SHARE = 1 / 20;

/** Moves what changes have queued into the tables of statistics. Any number of processes do so, one at a time. */
@Injectable()
export class StatisticsFolder implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Statistics');
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly database: Database) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /**
   * Folds up to MAX_FOLDED queued rows.
   * @returns whether more may be queued; false if another process is folding.
   * @throws StoreUnavailable
   */
  async fold(): Promise<boolean> {
    const [row] = await this.database.query<{ folded: number }>(FOLD);
    return row!.folded === MAX_FOLDED;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let failures = 0;
    let pauseMs = PAUSE_MS;
    while (await sleepUnlessAborted(pauseMs, signal)) {
      const startedAt = performance.now();
      let hasMore = false;
      try {
        hasMore = await this.fold();
        if (failures > 0) this.logger.log('folding statistics again');
        failures = 0;
      } catch (error) {
        const { cause = error } = error as Error;
        if (++failures === 1) this.logger.warn(`cannot fold statistics: ${reasonOf(cause)}`);
      }
      const busyPauseMs = (performance.now() - startedAt) / MAX_TIME_SHARE;
      pauseMs = hasMore ? busyPauseMs : Math.max(PAUSE_MS, busyPauseMs);
    }
  }
}
