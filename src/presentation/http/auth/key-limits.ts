import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { RateLimiter } from '../../../application/access/rate-limits.js';
import type { Principal } from '../../../domain/access/access-key.js';
import { rateLimited } from '../problems/problems.js';
import { ConcurrentRequests } from '../server/concurrent-requests.js';

/** When a key with too many requests in flight may try again. */
const CONCURRENCY_RETRY_AFTER_SECONDS = 1;

/** Keeps each access key within its limits. */
@Injectable()
export class KeyLimits {
  constructor(
    private readonly rateLimiter: RateLimiter,
    private readonly concurrentRequests: ConcurrentRequests,
  ) {}

  /**
   * Counts a request of a verified key, also one for which its role has no permission. Synchronous where possible.
   * @throws HttpProblem if it exceeds a limit of the key.
   */
  count(request: Request, principal: Principal, route: { readonly isIntake: boolean }): void | Promise<void> {
    const { name } = principal;
    if (!this.concurrentRequests.begin(name, request)) {
      const detail = `The key ${name} is limited to ${this.concurrentRequests.limit} concurrent requests.`;
      throw rateLimited(detail, CONCURRENCY_RETRY_AFTER_SECONDS, route);
    }
    return this.rateLimiter.limitsRequests ? this.countRate(request, principal, route) : undefined;
  }

  private async countRate(
    request: Request,
    { name, principal }: Principal,
    route: { readonly isIntake: boolean },
  ): Promise<void> {
    const { limit, remaining, resetsInSeconds, isExceeded } = await this.rateLimiter.countRequest(principal);
    // https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    request.res!.setHeader('RateLimit-Policy', `"key";q=${limit};w=60`);
    request.res!.setHeader('RateLimit', `"key";r=${remaining};t=${resetsInSeconds}`);
    if (isExceeded) {
      const detail = `The key ${name} is limited to ${limit} requests per minute.`;
      throw rateLimited(detail, resetsInSeconds, route);
    }
  }
}
