import type { OnApplicationShutdown } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { type RateLimitStatus, RateLimiter } from '../../application/access/rate-limits.js';
import type { Config } from '../../config/config.js';
import { GuardedRedis } from './guarded-redis.js';

/** How many attempts without a valid key a network has in a minute. */
const FAILURES = 20;

const MINUTE = 60;

/** Counts in Redis where REDIS_URL names one, so that all processes share their limits, and otherwise in memory. */
export class FlexibleRateLimiter extends RateLimiter implements OnApplicationShutdown {
  readonly limitsRequests: boolean;
  private readonly requests: Limiter;
  private readonly failures: Limiter;

  private constructor(
    limit: number,
    private readonly store: GuardedRedis | undefined,
  ) {
    super();
    this.limitsRequests = limit > 0;
    this.requests = new Limiter('incidents:requests', limit, store);
    this.failures = new Limiter('incidents:failures', FAILURES, store);
  }

  static async open({ RATE_LIMIT, REDIS_URL }: Config): Promise<FlexibleRateLimiter> {
    const store = REDIS_URL === undefined ? undefined : await GuardedRedis.open(REDIS_URL);
    return new FlexibleRateLimiter(RATE_LIMIT, store);
  }

  countRequest(principal: string, times = 1): Promise<RateLimitStatus> {
    return this.requests.count(principal, times);
  }

  countFailure(network: string): Promise<RateLimitStatus> {
    return this.failures.count(network, 1);
  }

  onApplicationShutdown(): void {
    this.store?.close();
  }
}

/** One limit: in the store where that answers, and otherwise in this process. */
class Limiter {
  private readonly local: RateLimiterMemory;
  private readonly shared: RateLimiterRedis | undefined;

  constructor(
    keyPrefix: string,
    private readonly limit: number,
    private readonly store: GuardedRedis | undefined,
  ) {
    const options = { keyPrefix, points: limit, duration: MINUTE };
    this.local = new RateLimiterMemory(options);
    if (store) {
      this.shared = new RateLimiterRedis({ ...options, storeClient: store.client, useRedisPackage: true });
    }
  }

  async count(who: string, times: number): Promise<RateLimitStatus> {
    const counted = await this.store?.ask(() => outcomeOf(this.shared!, who, times));
    const { remainingPoints, consumedPoints, msBeforeNext } =
      counted ?? (await outcomeOf(this.local, who, times))!;
    return {
      limit: this.limit,
      remaining: remainingPoints,
      resetsInSeconds: Math.max(Math.ceil(msBeforeNext / 1_000), 1),
      isExceeded: consumedPoints > this.limit,
      exceededBy: Math.max(consumedPoints - this.limit, 0),
    };
  }
}

/** The library rejects with the same numbers where the limit is exceeded; undefined where its store has failed. */
async function outcomeOf(
  limiter: RateLimiterMemory | RateLimiterRedis,
  who: string,
  times: number,
): Promise<RateLimiterRes | undefined> {
  try {
    return await limiter.consume(who, times);
  } catch (outcome) {
    // The store says itself, on an event, what is wrong with it.
    return outcome instanceof RateLimiterRes ? outcome : undefined;
  }
}
