import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { SESSION_IDLE_HOURS, SESSION_MAX_DAYS } from '../../../domain/access/session.js';
import { NONCE_RETENTION_DAYS } from '../../../application/access/used-nonces.js';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { allSettled } from '../../../shared/all-settled.js';
import { Database } from '../connection/database.js';
import { reasonOf } from '../connection/database-errors.js';
import type { Statement } from '../connection/statement.js';
import {
  DELETE_EPISODES,
  DELETE_NONCES,
  DELETE_NOTIFICATIONS,
  DELETE_OLD_SESSIONS,
  DELETE_REQUESTS,
  DELETE_RESOLVED,
  DELETE_SIGN_IN_TOKENS,
  DELETE_UNUSED_SESSIONS,
  MAX_DELETED,
  TRIM_FEED,
} from './retention-statements.js';

/** The pause between two batches, so that requests come first. */
const PAUSE_MS = 100;
const INTERVAL_MS = 10 * 60 * 1_000;

/** Deletes what is stored for a limited time, every ten minutes and in batches. */
@Injectable()
export class Retention implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Retention.name);
  private readonly stopping = new AbortController();
  /** Each statement with its parameters, in days. */
  private readonly deletions: readonly (readonly [Statement, ...days: number[]])[];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    config: Config,
  ) {
    const { IDEMPOTENCY_RETENTION_DAYS, QUARANTINE_RETENTION_DAYS, FEED_RETENTION_DAYS } = config;
    this.deletions = [
      [DELETE_REQUESTS, IDEMPOTENCY_RETENTION_DAYS],
      [DELETE_NOTIFICATIONS, IDEMPOTENCY_RETENTION_DAYS],
      [DELETE_EPISODES, IDEMPOTENCY_RETENTION_DAYS],
      [DELETE_RESOLVED, QUARANTINE_RETENTION_DAYS],
      [DELETE_UNUSED_SESSIONS, SESSION_IDLE_HOURS / 24],
      [DELETE_OLD_SESSIONS, SESSION_MAX_DAYS],
      [DELETE_SIGN_IN_TOKENS, 0],
      [DELETE_NONCES, NONCE_RETENTION_DAYS],
      [TRIM_FEED, FEED_RETENTION_DAYS, Math.max(FEED_RETENTION_DAYS, config.FEED_MAX_RETENTION_DAYS)],
    ];
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.deleteExpired().catch((error: unknown) => {
        if (this.stopping.signal.aborted) return;
        this.logger.warn(`could not delete expired rows, will retry later: ${reasonOf(error)}`);
      });
    }, INTERVAL_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.stopping.abort();
  }

  /** Deletes all expired rows, and resolves with their number. If a statement fails, the others are executed nevertheless. */
  async deleteExpired(): Promise<number> {
    const deleted = await allSettled(
      this.deletions.map(([statement, ...days]) => this.deleteInBatches(statement, days)),
    );
    return deleted.reduce((sum, each) => sum + each, 0);
  }

  private async deleteInBatches(statement: Statement, days: readonly number[]): Promise<number> {
    let total = 0;
    do {
      const [row] = await this.database.query<{ deleted: number }>(statement, days);
      total += row!.deleted;
      if (row!.deleted < MAX_DELETED) break;
    } while (await sleepUnlessAborted(PAUSE_MS, this.stopping.signal));
    return total;
  }
}
