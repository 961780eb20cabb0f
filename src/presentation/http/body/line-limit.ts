import type { RateLimiter } from '../../../application/access/rate-limits.js';
import type { Principal } from '../../../domain/access/access-key.js';
import { HttpProblem } from '../problems/problems.js';

/** Counts the lines of a stream against the rate limit of its key; those of one turn of the event loop in one call. */
export class LineLimit {
  private pending: PromiseWithResolvers<void>[] = [];

  constructor(
    private readonly rateLimiter: RateLimiter,
    private readonly key: Principal,
  ) {}

  /** @throws HttpProblem for a line over the limit, with `retry_after` in seconds. */
  count(): Promise<void> {
    const line = Promise.withResolvers<void>();
    if (this.pending.push(line) === 1) setImmediate(() => void this.countPending());
    return line.promise;
  }

  private async countPending(): Promise<void> {
    const { pending: lines } = this;
    this.pending = [];
    const { name, principal } = this.key;
    const { limit, exceededBy, resetsInSeconds } = await this.rateLimiter.countRequest(
      principal,
      lines.length,
    );
    const allowed = Math.max(lines.length - exceededBy, 0);
    for (const line of lines.slice(0, allowed)) line.resolve();
    for (const line of lines.slice(allowed)) {
      const detail = `The key ${name} is limited to ${limit} requests and lines per minute.`;
      line.reject(new HttpProblem('request.rate-limited', detail, { retry_after: resetsInSeconds }));
    }
  }
}
