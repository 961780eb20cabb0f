import { Temporal } from 'temporal-polyfill';
import type { DailyPeriod } from '../../shared/time/daily-time.js';

/** The hours of each day in which nobody is reminded of incidents that are not urgent. */
export type QuietHours = DailyPeriod;

/**
 * The first moment from `at` on that is not in quiet hours: `at` itself outside of them; undefined if the whole day is quiet.
 *
 * Each day has one period, from one moment to another. If the clocks are set forward over one of its times, that time is later
 * by as much; if they are set back, its first occurrence counts (RFC 5545).
 */
export function afterQuietHours({ from, to, timeZone }: QuietHours, at: Date): Date | undefined {
  if (from.equals(to)) return undefined;
  let moment = at.getTime();
  const today = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(timeZone).toPlainDate();
  const isOvernight = Temporal.PlainTime.compare(to, from) < 0;
  // Yesterday's period may last until today; where it is longer than usual, today's follows at once.
  for (const days of [-1, 0, 1]) {
    const date = today.add({ days });
    const momentOf = (day: Temporal.PlainDate, plainTime: Temporal.PlainTime) =>
      day.toZonedDateTime({ timeZone, plainTime }).epochMilliseconds;
    const end = momentOf(isOvernight ? date.add({ days: 1 }) : date, to);
    if (momentOf(date, from) <= moment && moment < end) moment = end;
  }
  return new Date(moment);
}
