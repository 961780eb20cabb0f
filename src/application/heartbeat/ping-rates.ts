const MINUTE_MS = 60_000;

/** How many pings of a heartbeat each process records in a minute. */
export const MAX_PINGS_PER_MINUTE = 600;

/** Heartbeats that are counted in a minute; those beyond are not limited. */
const MAX_COUNTED = 100_000;

/** Counts the pings of each heartbeat in this process: a loop without a pause must not keep the database busy. */
export class PingRates {
  private readonly counts = new Map<string, number>();
  private minute = 0;

  /** Seconds until the next minute if this token has used up its pings of this one. */
  secondsToWait(token: string, now: Date): number | undefined {
    this.begin(now);
    if ((this.counts.get(token) ?? 0) < MAX_PINGS_PER_MINUTE) return undefined;
    return Math.ceil(((this.minute + 1) * MINUTE_MS - now.getTime()) / 1_000);
  }

  /** Counts a ping that was recorded: tokens of no heartbeat take no memory. */
  count(token: string, now: Date): void {
    this.begin(now);
    const count = this.counts.get(token);
    if (count !== undefined || this.counts.size < MAX_COUNTED) this.counts.set(token, (count ?? 0) + 1);
  }

  private begin(now: Date): void {
    const minute = Math.floor(now.getTime() / MINUTE_MS);
    if (minute === this.minute) return;
    this.minute = minute;
    this.counts.clear();
  }
}
