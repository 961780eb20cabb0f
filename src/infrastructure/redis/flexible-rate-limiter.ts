import type { OnApplicationShutdown } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { type RateLimitStatus, RateLimiter } from '../../application/access/rate-limits.js';
import type { Config } from '../../config/config.js';
import { GuardedRedis } from './guarded-redis.js';

/** Attempts without a valid key that a network has in a minute. */
const MAX_FAILURES_PER_MINUTE = 20;

const MINUTE_SECONDS = 60;

/** Counts in Redis if REDIS_URL is set, so that all processes share their limits, and otherwise in memory. */
export class FlexibleRateLimiter extends RateLimiter implements OnApplicationShutdown {
  readonly limitsRequests: boolean;
  private readonly requests: Limiter;
  private readonly failures: Limiter;

  private constructor(
    limit: number,
    private readonly redis: GuardedRedis | undefined,
  ) {
    super();
    this.limitsRequests = limit > 0;
    this.requests = new Limiter('incidents:requests', limit, redis);
    // Redis is not asked again for a network over the limit.
    const options = { inMemoryBlockOnConsumed: MAX_FAILURES_PER_MINUTE + 1 };
    this.failures = new Limiter('incidents:failures', MAX_FAILURES_PER_MINUTE, redis, options);
  }

  static async open({ RATE_LIMIT, REDIS_URL }: Config): Promise<FlexibleRateLimiter> {
    const redis = REDIS_URL === undefined ? undefined : await GuardedRedis.open(REDIS_URL);
    return new FlexibleRateLimiter(RATE_LIMIT, redis);
  }

  countRequest(principal: string, times = 1): Promise<RateLimitStatus> {
    return this.requests.count(principal, times);
  }

  countFailure(network: string): Promise<RateLimitStatus> {
    return this.failures.count(network, 1);
  }

  onApplicationShutdown(): void {
    this.redis?.close();
  }
}

/** One limit, counted in Redis while it answers, and otherwise in this process. */
class Limiter {
  private readonly local: RateLimiterMemory;
  private readonly shared: RateLimiterRedis | undefined;

  constructor(
    keyPrefix: string,
    private readonly limit: number,
    private readonly redis: GuardedRedis | undefined,
    options: { readonly inMemoryBlockOnConsumed?: number } = {},
  ) {
    const ofMinute = { keyPrefix, points: limit, duration: MINUTE_SECONDS };
    this.local = new RateLimiterMemory(ofMinute);
    if (redis) {
      const { client: storeClient } = redis;
      this.shared = new RateLimiterRedis({ ...ofMinute, ...options, storeClient, useRedisPackage: true });
    }
  }

  async count(client: string, times: number): Promise<RateLimitStatus> {
    const counted = await this.redis?.ask(() => outcomeOf(this.shared!, client, times));
    const { result, isExceeded } = counted ?? (await outcomeOf(this.local, client, times))!;
    return {
      limit: this.limit,
      remaining: result.remainingPoints,
      resetsInSeconds: Math.max(Math.ceil(result.msBeforeNext / 1_000), 1),
      isExceeded,
      exceededBy: Math.max(result.consumedPoints - this.limit, 0),
    };
  }
}

/** The library rejects with the same numbers when the limit is exceeded; undefined when Redis has failed. */
async function outcomeOf(limiter: RateLimiterMemory | RateLimiterRedis, client: string, times: number) {
  try {
    return { result: await limiter.consume(client, times), isExceeded: false };
  } catch (result) {
    // GuardedRedis logs the failure, by the client's event.
    return result instanceof RateLimiterRes ? { result, isExceeded: true } : undefined;
  }
}
