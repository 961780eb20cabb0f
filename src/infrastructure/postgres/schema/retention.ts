import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import type { Database, Statement } from '../connection/database.js';
import { reasonOf } from '../connection/database-errors.js';

/** The maximum number of rows that a statement deletes. */
export const MAX_BATCH = 1_000;
/** The pause between two batches, so that requests come first. */
const PAUSE_MS = 100;
const INTERVAL_MS = 10 * 60 * 1_000;

/**
 * Deletes a batch of rows older than the number of days in its parameter. Concurrent processes delete different rows.
 * @param time the indexed column that determines their age.
 */
export function deletionFrom(table: string, key: string, time: string, condition = 'true'): Statement {
  return {
    name: `delete-expired-${table}`,
    text: `
      WITH old AS (
        SELECT ${key} FROM ${table} WHERE ${condition} AND ${time} < now() - $1 * interval '1 day'
        ORDER BY ${time} LIMIT ${MAX_BATCH} FOR UPDATE SKIP LOCKED
      ), deleted AS (
        DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM old) RETURNING 1
      )
      SELECT count(*) AS deleted FROM deleted`,
  };
}

/** Deletes expired rows every ten minutes, in batches. */
export abstract class Retention implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(this.constructor.name);
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param what the deleted rows, as the log names them.
   * @param retentionDays the parameters of the statements.
   */
  constructor(
    private readonly database: Database,
    private readonly what: string,
    private readonly statements: readonly Statement[],
    private readonly retentionDays: readonly number[],
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.deleteExpired().catch((error: unknown) => {
        if (this.stopping.signal.aborted) return;
        this.logger.warn(`could not delete ${this.what}, will retry later: ${reasonOf(error)}`);
      });
    }, INTERVAL_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.stopping.abort();
  }

  /** Deletes all expired rows, and resolves with their number. */
  async deleteExpired(): Promise<number> {
    let total = 0;
    for (const statement of this.statements) total += await this.deleteInBatches(statement);
    return total;
  }

  private async deleteInBatches(statement: Statement): Promise<number> {
    let total = 0;
    do {
      const [row] = await this.database.query<{ deleted: number }>(statement, this.retentionDays);
      total += row!.deleted;
      if (row!.deleted < MAX_BATCH) break;
    } while (await sleepUnlessAborted(PAUSE_MS, this.stopping.signal));
    return total;
  }
}
