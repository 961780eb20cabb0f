import { Temporal } from 'temporal-polyfill';

/** A time of each day, where clocks show that of the zone. */
export interface DailyTime {
  readonly time: Temporal.PlainTime;
  /** An IANA name. */
  readonly timeZone: string;
}

/** A period of each day. */
export interface DailyPeriod {
  readonly from: Temporal.PlainTime;
  /** At or before `from`, it is a time of the next day. The same time means the whole day. */
  readonly to: Temporal.PlainTime;
  /** An IANA name. */
  readonly timeZone: string;
}

const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d';
const DAILY_TIME = new RegExp(`^(${TIME}) (\\S+)$`);
const DAILY_PERIOD = new RegExp(`^(${TIME})-(${TIME}) (\\S+)$`);

/** An area and a place, or UTC: abbreviations such as `MSK` and `EST` mean different offsets in different places. */
const ZONE = /^(?:UTC|[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)+)$/;

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

/** Parses a time and a time zone, such as `09:00 Europe/Moscow`; undefined for anything else. */
export function parseDailyTime(text: string): DailyTime | undefined {
  const [, time, timeZone] = DAILY_TIME.exec(text) ?? [];
  if (timeZone === undefined || !isTimeZone(timeZone)) return undefined;
  return { time: Temporal.PlainTime.from(time!), timeZone };
}

/** The text that `parseDailyTime` parses. */
export function formatDailyTime({ time, timeZone }: DailyTime): string {
  return `${formatTime(time)} ${timeZone}`;
}

/** Parses two times and a time zone, such as `22:00-08:00 Europe/Moscow`; undefined for anything else. */
export function parseDailyPeriod(text: string): DailyPeriod | undefined {
  const [, from, to, timeZone] = DAILY_PERIOD.exec(text) ?? [];
  if (timeZone === undefined || !isTimeZone(timeZone)) return undefined;
  return { from: Temporal.PlainTime.from(from!), to: Temporal.PlainTime.from(to!), timeZone };
}

/** The text that `parseDailyPeriod` parses. */
export function formatDailyPeriod({ from, to, timeZone }: DailyPeriod): string {
  return `${formatTime(from)}-${formatTime(to)} ${timeZone}`;
}

const formatTime = (time: Temporal.PlainTime) => time.toString({ smallestUnit: 'minute' });
