import { Injectable, Logger } from '@nestjs/common';
import type { Request } from 'express';
import { RateLimiter } from '../../../application/access/rate-limits.js';
import { Config } from '../../../config/config.js';
import { networkOf } from './network.js';

/** At most so many networks are throttled at the same time. */
const MAX_NETWORKS = 10_000;

/**
 * Limits requests without a valid key, per network. It never limits a valid key, wherever it comes from: behind a proxy or
 * in an office, many people share a network, and one wrong key must not lock out the others.
 */
@Injectable()
export class AuthThrottle {
  private readonly logger = new Logger(AuthThrottle.name);
  /** By network, in milliseconds of `Date.now()`; the network that was blocked last is last. */
  private readonly blockedUntil = new Map<string, number>();
  private readonly hasProxies: boolean;

  constructor(
    private readonly rateLimiter: RateLimiter,
    config: Config,
  ) {
    this.hasProxies = config.TRUSTED_PROXIES !== '';
  }

  /** Counts a request without a valid key. @returns seconds to wait, if its network sent too many. */
  async countFailure(request: Request): Promise<number | undefined> {
    const network = this.networkOf(request);
    const remainingSeconds = this.blockedSeconds(network);
    if (remainingSeconds !== undefined) return remainingSeconds;
    const { isExceeded, limit, resetsInSeconds } = await this.rateLimiter.countFailure(network);
    if (!isExceeded) return undefined;
    this.blockedUntil.delete(network);
    this.blockedUntil.set(network, Date.now() + resetsInSeconds * 1_000);
    if (this.blockedUntil.size > MAX_NETWORKS)
      this.blockedUntil.delete(this.blockedUntil.keys().next().value!);
    this.logger.warn(`more than ${limit} requests per minute without a valid access key from ${network}`);
    return resetsInSeconds;
  }

  /** Without proxies the address of the connection is the same as `request.ip`, and faster to get. */
  private networkOf(request: Request): string {
    return networkOf((this.hasProxies ? request.ip : request.socket.remoteAddress) ?? 'unknown');
  }

  private blockedSeconds(network: string): number | undefined {
    const until = this.blockedUntil.get(network);
    if (until === undefined) return undefined;
    const remainingMs = until - Date.now();
    if (remainingMs > 0) return Math.ceil(remainingMs / 1_000);
    this.blockedUntil.delete(network);
    return undefined;
  }
}
