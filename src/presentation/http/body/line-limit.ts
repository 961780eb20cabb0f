import type { RateLimiter } from '../../../application/access/rate-limits.js';
import type { Principal } from '../../../domain/access/access-key.js';
import { HttpProblem } from '../problems/problems.js';

/** Counts the lines of a stream against the rate limit of its key, those together that come together. */
export class LineLimit {
  private waiting: PromiseWithResolvers<void>[] = [];

  constructor(
    private readonly limits: RateLimiter,
    private readonly holder: Principal,
  ) {}

  /** @throws HttpProblem for a line that is over the limit, which says after how many seconds it may be sent again. */
  count(): Promise<void> {
    const line = Promise.withResolvers<void>();
    if (this.waiting.push(line) === 1) setImmediate(() => void this.countWaiting());
    return line.promise;
  }

  private async countWaiting(): Promise<void> {
    const { waiting: lines } = this;
    this.waiting = [];
    const { limit, exceededBy, resetsIn } = await this.limits.countRequest(
      this.holder.principal,
      lines.length,
    );
    const allowed = Math.max(lines.length - exceededBy, 0);
    for (const [n, line] of lines.entries()) {
      if (n < allowed) line.resolve();
      else
        line.reject(
          tooFast(`The key ${this.holder.name} has ${limit} requests and lines a minute.`, resetsIn),
        );
    }
  }
}

function tooFast(detail: string, retryAfter: number): HttpProblem {
  return new HttpProblem('request.rate-limited', detail, { retry_after: retryAfter });
}
