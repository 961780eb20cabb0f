import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Database, type Statement } from './database.js';
import { reasonOf } from './database-errors.js';

const BATCH = 1_000;
/** Between two batches, in milliseconds: requests come first. */
const PAUSE = 100;
/** Between two looks, in milliseconds. */
const INTERVAL = 10 * 60 * 1_000;

/** Several processes take different records. */
const forgetIn = (table: string, key: string): Statement => ({
  name: `forget-${table}`,
  text: `
    WITH old AS (
      SELECT ${key} FROM ${table} WHERE at < now() - $1 * interval '1 day'
      ORDER BY at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
    ), forgotten AS (
      DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM old) RETURNING 1
    )
    SELECT count(*) AS forgotten FROM forgotten`,
});

export const FORGET_REQUESTS: Statement = forgetIn('idempotency_records', 'scope, key');
/** What was not delivered for that long counts from the beginning: its requests are forgotten too. */
export const FORGET_DELIVERIES: Statement = forgetIn('intake_deliveries', 'channel, digest');
/** Nothing comes so late; an alert that lasts is recorded with each repeat. */
export const FORGET_EPISODES: Statement = forgetIn('alert_episodes', 'dedup_key');

/** Removes the records of requests whose repeats are no longer expected, a few at a time. */
@Injectable()
export class IdempotencyRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(IdempotencyRetention.name);
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.forget().catch((error: unknown) => {
        if (this.stopping.signal.aborted) return;
        this.logger.warn(`old idempotency keys were not removed, and will be later: ${reasonOf(error)}`);
      });
    }, INTERVAL);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.stopping.abort();
  }

  /** Removes all records that are old enough by now, and says how many they were. */
  async forget(): Promise<number> {
    let total = 0;
    for (const statement of [FORGET_REQUESTS, FORGET_DELIVERIES, FORGET_EPISODES])
      total += await this.forgetBy(statement);
    return total;
  }

  private async forgetBy(statement: Statement): Promise<number> {
    let total = 0;
    for (;;) {
      const values = [this.config.IDEMPOTENCY_RETENTION];
      const [row] = await this.database.query<{ forgotten: number }>(statement, values);
      total += row!.forgotten;
      if (row!.forgotten < BATCH) return total;
      await sleep(PAUSE, undefined, { signal: this.stopping.signal, ref: false });
    }
  }
}
