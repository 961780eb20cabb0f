import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { StoreHealth } from '../../../application/operations/store-health.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { LIMITS_MS } from './connection.js';
import { DatabaseClient } from './database-client.js';
import { Database } from './database.js';

/** The time for which an answer of the database is cached, in milliseconds. */
const CACHE_MS = 1_000;

/**
 * Checks whether the primary answers, on a separate connection and at most once a second: probes need no key, and any number of
 * them takes no capacity from requests.
 */
@Injectable()
export class DatabaseHealth extends StoreHealth implements OnApplicationShutdown {
  private client: DatabaseClient | undefined;
  private answer: Promise<void> | undefined;

  constructor(private readonly database: Database) {
    super();
  }

  check(): Promise<void> {
    if (!this.answer) {
      this.answer = this.ask();
      const startedAt = performance.now();
      const expire = () => {
        const leftMs = startedAt + CACHE_MS - performance.now();
        setTimeout(() => (this.answer = undefined), Math.max(leftMs, 0)).unref();
      };
      this.answer.then(expire, expire);
    }
    return this.answer;
  }

  onApplicationShutdown(): void {
    this.client?.destroy();
  }

  private async ask(): Promise<void> {
    const { client } = this;
    try {
      if (client) return await client.check(LIMITS_MS.query);
      // Connecting includes a check.
      const next = new DatabaseClient(this.database.pool.options);
      await next.connect();
      this.client = next;
    } catch (error) {
      client?.destroy();
      this.client = undefined;
      throw new StoreUnavailable({ cause: error });
    }
  }
}
