import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { RedisClientType } from 'redis';

/** How long a request may wait for the store, in milliseconds. */
const PATIENCE = 100;

/** How long nobody asks again after the store has not answered, in milliseconds. */
const REST = 1_000;

const LATE = Symbol('late');

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
      socket: { connectTimeout: 2_000, reconnectStrategy: (tries) => Math.min(tries * 100, 2_000) },
    });
    const store = new GuardedRedis(client);
    // It goes on trying by itself, and says on its event what is wrong.
    client.connect().catch(() => undefined);
    return store;
  }

  /** What `command` resolves or rejects with; undefined where the store has no answer in time. */
  async ask<Result>(command: (client: Client) => Promise<Result>): Promise<Result | undefined> {
    if (!this.client.isReady || performance.now() < this.restsUntil) return undefined;
    const asked = command(this.client);
    const answer = await Promise.race([asked, sleep(PATIENCE, LATE, { ref: false })]);
    if (answer !== LATE) return answer;
    asked.catch(() => undefined);
    this.restsUntil = performance.now() + REST;
    this.isAway(`no answer within ${PATIENCE} ms`);
    return undefined;
  }

  close(): void {
    this.client.destroy();
  }

  private isAway(reason: string): void {
    if (!this.isKnownToBeAway) this.logger.warn(`Redis is away, each process counts for itself: ${reason}`);
    this.isKnownToBeAway = true;
  }
}
