const DAY_MS = 24 * 60 * 60 * 1_000;

/** The days of a range without a start or without an end. */
export const DEFAULT_RANGE_DAYS = 30;
/** The maximum length of a range: a leap year. */
export const MAX_RANGE_DAYS = 366;

/** Days in UTC, as `2026-11-20`. */
export interface StatisticsRange {
  /** The first day. */
  readonly from: string;
  /** The day after the last one. */
  readonly to: string;
}

/** Days that statistics read together: those of whole weeks are stored by the week. */
export interface RangeParts {
  /** The Mondays of the first whole week, and of the week after the last one; equal if there is none. */
  readonly weeks: StatisticsRange;
  /** The days before and after the whole weeks. */
  readonly days: readonly StatisticsRange[];
}

/** The range of a request: the last days up to and including today, unless it says otherwise. @param now only its day matters. */
export function rangeOf(from: string | undefined, to: string | undefined, now: Date): StatisticsRange {
  const end = to ?? (from ? addDays(from, DEFAULT_RANGE_DAYS) : addDays(dayOf(now), 1));
  return { from: from ?? addDays(end, -DEFAULT_RANGE_DAYS), to: end };
}

/** The number of days in a range; 0 or less if it ends before it begins. */
export function daysIn({ from, to }: StatisticsRange): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS;
}

/** The Monday on or before a day. */
export function mondayOf(day: string): string {
  return addDays(day, -((new Date(day).getUTCDay() + 6) % 7));
}

/** Divides a range into whole weeks and single days. */
export function partsOf({ from, to }: StatisticsRange): RangeParts {
  const first = mondayOf(addDays(from, 6));
  const last = mondayOf(to);
  if (first >= last) return { weeks: { from: first, to: first }, days: [{ from, to }] };
  return {
    weeks: { from: first, to: last },
    days: [
      { from, to: first },
      { from: last, to },
    ],
  };
}

function addDays(day: string, days: number): string {
  return dayOf(new Date(Date.parse(day) + days * DAY_MS));
}

const dayOf = (time: Date) => time.toISOString().slice(0, 10);
