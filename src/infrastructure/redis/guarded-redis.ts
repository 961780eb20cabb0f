import { Logger } from '@nestjs/common';
import type { RedisClientType } from 'redis';
import { backoffMs } from '../../shared/backoff.js';
import { TimeoutError, withTimeout } from '../../shared/time/timeout.js';

/** How long a request may wait for Redis. */
const TIMEOUT_MS = 100;

/** After a timeout, how long no request asks Redis. */
const PAUSE_MS = 1_000;

const RECONNECT = { firstMs: 100, maxMs: 2_000 } as const;

/** A Redis that may be unreachable or slow: a caller gets its answer within TIMEOUT_MS, or none. */
export class GuardedRedis {
  private readonly logger = new Logger(GuardedRedis.name);
  private pausedUntil = 0;
  private isUnreachable = false;

  private constructor(readonly client: RedisClientType) {
    this.client.on('error', (error: Error) => this.reportUnreachable(error.message));
    this.client.on('ready', () => {
      if (this.isUnreachable) this.logger.log('Redis is reachable again');
      this.isUnreachable = false;
    });
  }

  /** Starts to connect, without waiting for the connection. */
  static async open(url: string): Promise<GuardedRedis> {
    // The library takes 30 MB, which a service without Redis saves.
    const { createClient } = await import('redis');
    const client: RedisClientType = createClient({
      url,
      // Otherwise a command, and its request, would wait until the server is back.
      disableOfflineQueue: true,
      commandsQueueMaxLength: 10_000,
      socket: { connectTimeout: 2_000, reconnectStrategy: (retries) => backoffMs(retries + 1, RECONNECT) },
    });
    const redis = new GuardedRedis(client);
    // The client reconnects by itself and reports failures by its event.
    client.connect().catch(() => undefined);
    return redis;
  }

  /** Settles as `command` does; undefined when Redis has no answer in time. */
  async ask<Result>(command: () => Promise<Result>): Promise<Result | undefined> {
    if (!this.client.isReady || performance.now() < this.pausedUntil) return undefined;
    try {
      return await withTimeout(command(), TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      this.pausedUntil = performance.now() + PAUSE_MS;
      this.reportUnreachable(`no answer within ${TIMEOUT_MS} ms`);
      return undefined;
    }
  }

  close(): void {
    this.client.destroy();
  }

  private reportUnreachable(reason: string): void {
    if (!this.isUnreachable)
      this.logger.warn(`Redis is unreachable, each process counts for itself: ${reason}`);
    this.isUnreachable = true;
  }
}
