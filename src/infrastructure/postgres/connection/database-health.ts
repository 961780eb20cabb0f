import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { StoreHealth } from '../../../application/operations/store-health.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { LIMITS } from './connection.js';
import { DatabaseClient } from './database-client.js';
import { Database } from './database.js';

/** How long an answer of the database serves all who ask, in milliseconds. */
const INTERVAL_MS = 1_000;

/**
 * Whether the primary answers, asked on a connection of its own and once a second at most: probes need no key, and however
 * many come, they take nothing from the requests.
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
      const began = performance.now();
      const forget = () => {
        const left = began + INTERVAL_MS - performance.now();
        setTimeout(() => (this.answer = undefined), Math.max(left, 0)).unref();
      };
      this.answer.then(forget, forget);
    }
    return this.answer;
  }

  onApplicationShutdown(): void {
    this.client?.destroy();
  }

  private async ask(): Promise<void> {
    const { client } = this;
    try {
      if (client) return await client.check(LIMITS.answer);
      // Connecting is a check by itself.
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
