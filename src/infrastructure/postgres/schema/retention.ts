import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import type { Database, Statement } from '../connection/database.js';
import { reasonOf } from '../connection/database-errors.js';

/** How many rows a statement removes at most. */
export const BATCH = 1_000;
/** Between two batches: requests come first. */
const PAUSE_MS = 100;
const INTERVAL_MS = 10 * 60 * 1_000;

/**
 * Deletes a batch of the rows that are older than so many days, given as its value. Several processes take different rows.
 * @param time the column that is their age, with an index.
 */
export function deletionFrom(table: string, key: string, time: string, condition = 'true'): Statement {
  return {
    name: `forget-${table}`,
    text: `
      WITH old AS (
        SELECT ${key} FROM ${table} WHERE ${condition} AND ${time} < now() - $1 * interval '1 day'
        ORDER BY ${time} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
      ), forgotten AS (
        DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM old) RETURNING 1
      )
      SELECT count(*) AS forgotten FROM forgotten`,
  };
}

/** Removes rows that are old enough, every ten minutes and a few at a time. */
export abstract class Retention implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(this.constructor.name);
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param what is removed, as the log calls it.
   * @param days the values of the statements.
   */
  constructor(
    private readonly database: Database,
    private readonly what: string,
    private readonly statements: readonly Statement[],
    private readonly days: readonly number[],
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.forget().catch((error: unknown) => {
        if (this.stopping.signal.aborted) return;
        this.logger.warn(`${this.what} were not removed, and will be later: ${reasonOf(error)}`);
      });
    }, INTERVAL_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.stopping.abort();
  }

  /** Removes all rows that are old enough by now, and says how many they were. */
  async forget(): Promise<number> {
    let total = 0;
    for (const statement of this.statements) total += await this.forgetBy(statement);
    return total;
  }

  private async forgetBy(statement: Statement): Promise<number> {
    let total = 0;
    do {
      const [row] = await this.database.query<{ forgotten: number }>(statement, this.days);
      total += row!.forgotten;
      if (row!.forgotten < BATCH) break;
    } while (await sleepUnlessAborted(PAUSE_MS, this.stopping.signal));
    return total;
  }
}
