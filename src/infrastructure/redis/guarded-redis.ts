import { Logger } from '@nestjs/common';
import type { RedisClientType } from 'redis';
import { backoffMs } from '../../shared/backoff.js';
import { TimeoutError, withTimeout } from '../../shared/timeout.js';

/** How long a request may wait for Redis. */
const TIMEOUT_MS = 100;

/** After a timeout, how long no request asks Redis. */
const PAUSE_MS = 1_000;

const RECONNECT = { firstMs: 100, maxMs: 2_000 } as const;

type Client = RedisClientType;

/** A Redis that may be away or slow: whoever asks gets an answer within 100 ms, or hears that there is none. */
export class GuardedRedis {
  private readonly logger = new Logger(GuardedRedis.name);
  private restsUntil = 0;
  private isKnownToBeAway = false;

  private constructor(readonly client: Client) {
    this.client.on('error', (error: Error) => this.isAway(error.message));
    this.client.on('ready', () => {
      if (this.isKnownToBeAway) this.logger.log('Redis is back');
      this.isKnownToBeAway = false;
    });
  }

  /** Begins to connect, and does not wait for it. */
  static async open(url: string): Promise<GuardedRedis> {
    // It takes 30 MB, which those without a Redis need not spend.
    const { createClient } = await import('redis');
    const client: Client = createClient({
      url,
      // A command that waited for the server to come back would hold up its request until then.
      disableOfflineQueue: true,
      commandsQueueMaxLength: 10_000,
      socket: { connectTimeout: 2_000, reconnectStrategy: (retries) => backoffMs(retries + 1, RECONNECT) },
    });
    const store = new GuardedRedis(client);
    // It goes on trying by itself, and says on its event what is wrong.
    client.connect().catch(() => undefined);
    return store;
  }

  /** What `command` resolves or rejects with; undefined where the store has no answer in time. */
  async ask<Result>(command: (client: Client) => Promise<Result>): Promise<Result | undefined> {
    if (!this.client.isReady || performance.now() < this.restsUntil) return undefined;
    try {
      return await withTimeout(command(this.client), TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      this.restsUntil = performance.now() + PAUSE_MS;
      this.isAway(`no answer within ${TIMEOUT_MS} ms`);
      return undefined;
    }
  }

  close(): void {
    this.client.destroy();
  }

  private isAway(reason: string): void {
    if (!this.isKnownToBeAway) this.logger.warn(`Redis is away, each process counts for itself: ${reason}`);
    this.isKnownToBeAway = true;
  }
}
