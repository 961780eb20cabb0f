import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { PacedLoop } from '../../paced-loop.js';
import { Database } from '../connection/database.js';
import { FOLD, MAX_FOLDED } from './statistics-statements.js';

/** What is queued between two runs is read with the statistics, so a run need not be soon. */
const PAUSE_MS = 5_000;

/** Moves what changes have queued into the tables of statistics. Any number of processes do so, one at a time. */
@Injectable()
export class StatisticsFolder implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop = new PacedLoop({
    name: 'folding of statistics',
    context: 'Statistics',
    run: () => this.fold(),
    idleMs: { first: PAUSE_MS, max: PAUSE_MS },
    maxTimeShare: 1 / 20,
  });

  constructor(private readonly database: Database) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
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
}
