import { Temporal } from 'temporal-polyfill';
import type { DailyTime } from '../../../shared/time/daily-time.js';

/** A digest that is later than this is left out: the next one says the same. */
const MAX_LATE_MS = 6 * 3_600_000;

/**
 * The first time of digests after a moment. If the clocks are set forward over the time, it is later by as much; if they are set back,
 * its first occurrence counts (RFC 5545).
 */
export function nextDigestAt({ time, timeZone }: DailyTime, after: Date): Date {
  const moment = after.getTime();
  const today = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(timeZone).toPlainDate();
  // A time that clocks skip at midnight is on the day after its own.
  for (let days = -1; ; days++) {
    const day = today.add({ days });
    const at = day.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds;
    if (at > moment) return new Date(at);
  }
}

/**
 * The time of the digest that is to be sent now; undefined if none is. After an outage of several days it is one, if any.
 * @param last the time of the last digest; for the first one, since when there are digests.
 */
export function dueDigestAt(daily: DailyTime, last: Date, now: Date): Date | undefined {
  const at = nextDigestAt(daily, new Date(Math.max(last.getTime(), now.getTime() - MAX_LATE_MS)));
  return at <= now ? at : undefined;
}
