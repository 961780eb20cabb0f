/** How often something may happen: so many times at once, and once more after each interval. */
export interface Rate {
  readonly burst: number;
  readonly intervalMs: number;
}

/**
 * The generic cell rate algorithm of ITU-T I.371: any closed window of `w` ms contains at most `burst + w / intervalMs`, rounded
 * down. Times are milliseconds of a monotonic clock.
 */
export class RateLimiter {
  /** The theoretical arrival time: when the next one would come at a steady rate. */
  private nextAtMs = -Infinity;

  constructor(private readonly rate: Rate) {}

  /** How long the next one has to wait; 0 if it is allowed now. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.nextAtMs - this.toleranceMs - nowMs);
  }

  /** How many are allowed now, up to the burst. */
  allowed(nowMs: number): number {
    const aheadMs = Math.max(0, this.nextAtMs - nowMs);
    return Math.max(0, Math.floor((this.toleranceMs - aheadMs) / this.rate.intervalMs) + 1);
  }

  /** Counts one. The caller has waited as long as `waitMs` says. */
  take(nowMs: number): void {
    this.nextAtMs = Math.max(this.nextAtMs, nowMs) + this.rate.intervalMs;
  }

  /** How far the next one may be ahead of the steady rate. */
  private get toleranceMs(): number {
    return (this.rate.burst - 1) * this.rate.intervalMs;
  }
}
