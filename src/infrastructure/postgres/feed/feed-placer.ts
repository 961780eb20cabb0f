import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { PacedLoop } from '../../paced-loop.js';
import { Database } from '../connection/database.js';
import { MAX_PLACED, PLACE } from './feed-statements.js';

/**
 * Moves queued events into the feed. Any number of processes do so, one at a time. Each places events soon after its own commits,
 * and polls for events that a killed process left.
 */
@Injectable()
export class FeedPlacer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly listeners: (() => void)[] = [];
  private readonly loop = new PacedLoop({
    name: 'placing of events',
    context: 'Feed',
    run: (stop) => this.placeAll(stop),
    idleMs: { first: 250, max: 1_000 },
    minIntervalMs: 20,
    maxTimeShare: 1 / 50,
  });

  constructor(private readonly database: Database) {
    database.onChange(() => this.loop.wake());
  }

  /** Calls back when this process has placed events. */
  onPlaced(listener: () => void): void {
    this.listeners.push(listener);
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /**
   * Places the events of the oldest queued statements, within MAX_PLACED.
   * @returns whether more may be queued; false if another process is placing.
   * @throws StoreUnavailable
   */
  async place(): Promise<boolean> {
    const [row] = await this.database.query<{ statements: number; events: number }>(PLACE);
    if (row!.events > 0) for (const listener of this.listeners) listener();
    return row!.statements === MAX_PLACED.statements || row!.events >= MAX_PLACED.events;
  }

  /** Without pauses, however many there are: readers wait for them. */
  private async placeAll(stop: AbortSignal): Promise<boolean> {
    while (await this.place()) if (stop.aborted) return true;
    return false;
  }
}
