import { Temporal } from 'temporal-polyfill';

/** A time in which the offset of a zone to UTC stays the same, from one change of its clocks to the next. Times are in milliseconds. */
export interface ClockPeriod {
  /** The first moment. */
  readonly from: number;
  /** The moment after the last one. */
  readonly until: number;
  readonly offsetMs: number;
  /** Until when the clocks show times that they have shown before: they were set back at the beginning. */
  readonly repeatedUntil: number;
}

/** The period of each zone that was asked for last: finding it takes a hundred times longer than looking it up. */
const periods = new Map<string, ClockPeriod>();

/** The period of this moment. @param timeZone an IANA name. */
export function clockPeriodAt(time: number, timeZone: string): ClockPeriod {
  const last = periods.get(timeZone);
  if (last && last.from <= time && time < last.until) return last;
  const zoned = (at: number) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  const offsetMs = offsetOf(zoned(time));
  const until = zoned(time).getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity;
  // A change at this very moment has begun the period.
  const from = zoned(time + 1).getTimeZoneTransition('previous')?.epochMilliseconds ?? -Infinity;
  const earlierOffsetMs = from === -Infinity ? offsetMs : offsetOf(zoned(from - 1));
  const period = { from, until, offsetMs, repeatedUntil: from + Math.max(earlierOffsetMs - offsetMs, 0) };
  periods.set(timeZone, period);
  return period;
}

const offsetOf = ({ offsetNanoseconds }: Temporal.ZonedDateTime): number => offsetNanoseconds / 1e6;
