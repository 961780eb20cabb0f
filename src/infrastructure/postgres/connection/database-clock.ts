import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../../application/operations/clock.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { Database } from './database.js';
import { prepared } from './statement.js';

const MEASURE_INTERVAL_MS = 10_000;

/** Clocks that are set over the network differ by less. What is measured includes the delays of a busy machine. */
const TOLERATED_MS = 500;

export const DATABASE_TIME = prepared('SELECT clock_timestamp() AS now');

const logger = new Logger('Clock');

/**
 * The time of the database, by the clock of this machine and the measured difference. Processes on machines whose clocks differ agree on
 * the time within a second: the order of reports, reminders, heartbeats, the expiry of keys and the age of signatures do not depend on
 * which process a request reaches.
 */
@Injectable()
export class DatabaseClock extends Clock implements OnModuleInit, OnApplicationShutdown {
  /** How far the clock of this machine is ahead. */
  private aheadMs = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly database: Database) {
    super();
  }

  now(): Date {
    return new Date(Date.now() - this.aheadMs);
  }

  /** @throws StoreUnavailable */
  async onModuleInit(): Promise<void> {
    await this.measure();
    this.timer = setInterval(() => void this.measureAgain(), MEASURE_INTERVAL_MS);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async measureAgain(): Promise<void> {
    try {
      await this.measure();
    } catch (error) {
      // The difference that was measured last still holds.
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  private async measure(): Promise<void> {
    const sentAt = Date.now();
    const [row] = await this.database.query<{ now: Date }>(DATABASE_TIME);
    const uncertaintyMs = (Date.now() - sentAt) / 2;
    const aheadMs = Math.round(sentAt + uncertaintyMs - row!.now.getTime());
    if (Math.abs(aheadMs - this.aheadMs) <= TOLERATED_MS + uncertaintyMs) return;
    this.aheadMs = Math.abs(aheadMs) <= TOLERATED_MS ? 0 : aheadMs;
    const seconds = Math.abs(this.aheadMs / 1_000).toFixed(1);
    if (this.aheadMs === 0) logger.log('the clock of this machine and that of the database agree again');
    else
      logger.warn(
        `the clock of this machine is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of the database, whose time is used`,
      );
  }
}
