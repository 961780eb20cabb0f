import { Temporal } from 'temporal-polyfill';

const HOURS = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d) (\S+)$/;

/** An area and a place, or UTC: abbreviations such as `MSK` and `EST` mean different offsets in different places. */
const ZONE = /^(?:UTC|[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)+)$/;

/** The hours of each day in which nobody is reminded of incidents that are not urgent. */
export interface QuietHours {
  readonly from: Temporal.PlainTime;
  /** At or before `from`, it is a time of the next day. The same time means the whole day. */
  readonly to: Temporal.PlainTime;
  /** An IANA name. */
  readonly timeZone: string;
}

/** Whether the name is one of the IANA time zone database, and no abbreviation or offset. */
export function isTimeZone(name: string): boolean {
  if (!ZONE.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Parses quiet hours, such as `22:00-08:00 Europe/Moscow`; undefined for anything else. */
export function parseQuietHours(text: string): QuietHours | undefined {
  const [, fromHour, fromMinute, toHour, toMinute, timeZone] = HOURS.exec(text) ?? [];
  if (timeZone === undefined || !isTimeZone(timeZone)) return undefined;
  return { from: timeOf(fromHour, fromMinute), to: timeOf(toHour, toMinute), timeZone };
}

function timeOf(hour?: string, minute?: string): Temporal.PlainTime {
  return new Temporal.PlainTime(Number(hour), Number(minute));
}

/** The text that `parseQuietHours` parses. */
export function formatQuietHours({ from, to, timeZone }: QuietHours): string {
  const smallestUnit = 'minute';
  return `${from.toString({ smallestUnit })}-${to.toString({ smallestUnit })} ${timeZone}`;
}

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
