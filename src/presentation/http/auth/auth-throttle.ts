import { Injectable, Logger } from '@nestjs/common';
import type { Request } from 'express';
import { RateLimiter } from '../../../application/access/rate-limits.js';
import { Config } from '../../../config/config.js';
import { rateLimited, UNAUTHORIZED } from '../problems/problems.js';
import { networkOf } from './network.js';

/**
 * Limits requests without a valid key, per network. It never limits a valid key, wherever it comes from: behind a proxy or
 * in an office, many people share a network, and one wrong key must not lock out the others.
 */
@Injectable()
export class AuthThrottle {
  private readonly logger = new Logger(AuthThrottle.name);
  private readonly hasProxies: boolean;

  constructor(
    private readonly rateLimiter: RateLimiter,
    config: Config,
  ) {
    this.hasProxies = config.TRUSTED_PROXIES !== '';
  }

  /**
   * Counts a request without a valid key, and rejects it.
   * @param explain what is wrong; called only if the network did not send too many.
   * @throws what `explain` returns, or an HttpProblem if its network sent too many.
   */
  async reject(
    request: Request,
    route: { readonly isIntake: boolean },
    explain: () => Promise<Error> = async () => UNAUTHORIZED,
  ): Promise<never> {
    const retryAfterSeconds = await this.countFailure(request);
    if (retryAfterSeconds === undefined) throw await explain();
    const detail = 'Too many requests without a valid access key or ping URL came from this address.';
    throw rateLimited(detail, retryAfterSeconds, route);
  }

  /** @returns seconds to wait, if the network sent too many. */
  private async countFailure(request: Request): Promise<number | undefined> {
    const network = this.networkOf(request);
    const { isExceeded, exceededBy, limit, resetsInSeconds } = await this.rateLimiter.countFailure(network);
    if (exceededBy === 1)
      this.logger.warn(`more than ${limit} requests per minute without a valid access key from ${network}`);
    return isExceeded ? resetsInSeconds : undefined;
  }

  /** Without proxies the address of the connection is the same as `request.ip`, and faster to get. */
  private networkOf(request: Request): string {
    return networkOf((this.hasProxies ? request.ip : request.socket.remoteAddress) ?? 'unknown');
  }
}
