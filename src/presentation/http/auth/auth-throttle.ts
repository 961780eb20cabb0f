import { Injectable, Logger } from '@nestjs/common';
import type { Request } from 'express';
import { RateLimiter } from '../../../application/access/rate-limits.js';
import { Config } from '../../../config/config.js';
import { networkOf } from './network.js';

/** How many networks are remembered at most. */
const MAX_NETWORKS = 10_000;

/**
 * Limits what comes without a valid key, for each network. A valid key is never limited by it, wherever it comes from:
 * behind a proxy or in an office one network is many people, and one wrong key must not lock the others out.
 */
@Injectable()
export class AuthThrottle {
  private readonly logger = new Logger(AuthThrottle.name);
  /** Until when (of `Date.now()`) networks are throttled. */
  private readonly throttledUntil = new Map<string, number>();
  private readonly hasProxies: boolean;

  constructor(
    private readonly limits: RateLimiter,
    config: Config,
  ) {
    this.hasProxies = config.TRUSTED_PROXIES !== '';
  }

  /** Counts a request without a valid key; seconds to wait where there were too many, and otherwise undefined. */
  async failed(request: Request): Promise<number | undefined> {
    const network = this.networkOf(request);
    const wait = this.waitOf(network);
    if (wait !== undefined) return wait;
    const { isExceeded, limit, resetsIn } = await this.limits.countFailure(network);
    if (!isExceeded) return undefined;
    this.throttledUntil.delete(network);
    this.throttledUntil.set(network, Date.now() + resetsIn * 1_000);
    if (this.throttledUntil.size > MAX_NETWORKS)
      this.throttledUntil.delete(this.throttledUntil.keys().next().value!);
    this.logger.warn(`over ${limit} requests without a valid key in a minute from ${network}`);
    return resetsIn;
  }

  /** Without proxies there is nobody to ask but the connection, which is quicker than Express is. */
  private networkOf(request: Request): string {
    return networkOf((this.hasProxies ? request.ip : request.socket.remoteAddress) ?? 'unknown');
  }

  private waitOf(network: string): number | undefined {
    const until = this.throttledUntil.get(network);
    if (until === undefined) return undefined;
    const left = until - Date.now();
    if (left > 0) return Math.ceil(left / 1_000);
    this.throttledUntil.delete(network);
    return undefined;
  }
}
