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

/** The periods for which durations are stored, in days: quarters of 13 weeks, weeks and days. */
export const SPANS = [91, 7, 1] as const;

export type Span = (typeof SPANS)[number];

/** A Monday: periods begin a multiple of their length after it. */
export const FIRST_DAY = '1970-01-05';

/** The periods of one length within a range; `from` and `to` are where periods begin. */
export interface RangePart extends StatisticsRange {
  readonly span: Span;
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
  return startOf(day, 7);
}

/** Divides a range into as few periods as these spans allow, in descending order, the last of which is a day. */
export function partsOf({ from, to }: StatisticsRange, spans: readonly Span[] = SPANS): RangePart[] {
  const [span, ...shorter] = spans;
  if (span === undefined || from >= to) return [];
  const first = startOf(addDays(from, span - 1), span);
  const last = startOf(to, span);
  if (first >= last) return partsOf({ from, to }, shorter);
  return [
    ...partsOf({ from, to: first }, shorter),
    { span, from: first, to: last },
    ...partsOf({ from: last, to }, shorter),
  ];
}

/** The first day of the period that has a day. */
function startOf(day: string, span: Span): string {
  const days = daysIn({ from: FIRST_DAY, to: day });
  return addDays(FIRST_DAY, Math.floor(days / span) * span);
}

function addDays(day: string, days: number): string {
  return dayOf(new Date(Date.parse(day) + days * DAY_MS));
}

const dayOf = (time: Date) => time.toISOString().slice(0, 10);
