import { Temporal } from 'temporal-polyfill';
import { isInSupportedYears } from '../http/validation/timestamps.js';

/** `2024-05-01`, `2024-05-01T10:00:00.5+03:00`, or without the offset, and with a space instead of the T. */
const ISO =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?:[T ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?)? ?(?<offset>Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** `1.5.2024`, `01.05.2024 10:00` */
const DOTTED =
  /^(?<day>\d{1,2})\.(?<month>\d{1,2})\.(?<year>\d{4})(?:,? (?<hour>\d{1,2}):(?<minute>\d\d)(?::(?<second>\d\d))?)?$/;

/** What a time must be, as the predicate of a sentence. */
export const ORIGINAL_TIME_RULE =
  'must be a time such as 2024-05-01T10:00:00Z, 2024-05-01 10:00 or 01.05.2024 10:00';

/** The offsets of zones change at quarters of hours only. */
const QUARTER_MS = 15 * 60_000;

const MAX_CACHED = 10_000;

/** Reads times of files. Those without an offset are of a time zone; a date is its start there. */
export class OriginalTimes {
  /** Offsets in milliseconds by quarters of hours: to compute one takes longer than all the rest of a row. */
  private readonly offsets = new Map<number, number>();

  /** @param timeZone an IANA name. */
  constructor(private readonly timeZone: string) {}

  /** @returns undefined for what is no time, or none of the years 1 to 9999. */
  read(value: unknown): Date | undefined {
    const ms = value instanceof Date ? this.toInstant(value.getTime()) : this.parse(String(value).trim());
    return ms !== undefined && isInSupportedYears(ms) ? new Date(ms) : undefined;
  }

  private parse(text: string): number | undefined {
    const parts = (ISO.exec(text) ?? DOTTED.exec(text))?.groups;
    if (!parts) return undefined;
    const number = (name: string) => Number(parts[name] ?? 0);
    const [year, month, day] = [number('year'), number('month'), number('day')];
    const [hour, minute, second] = [number('hour'), number('minute'), number('second')];
    if (hour > 23 || minute > 59 || second > 59) return undefined;
    const local = new Date(0);
    local.setUTCFullYear(year, month - 1, day);
    // JavaScript reads 30 February as 2 March.
    if (local.getUTCMonth() !== month - 1 || local.getUTCDate() !== day) return undefined;
    local.setUTCHours(hour, minute, second, Number((parts['fraction'] ?? '').padEnd(3, '0').slice(0, 3)));
    const { offset } = parts;
    return offset === undefined ? this.toInstant(local.getTime()) : local.getTime() - offsetMs(offset);
  }

  /** The instant at which clocks of the zone show this time, given as if it were UTC; the first of two. */
  private toInstant(local: number): number | undefined {
    if (this.timeZone === 'UTC') return local;
    if (!isInSupportedYears(local)) return undefined;
    const quarter = Math.floor(local / QUARTER_MS) * QUARTER_MS;
    let offset = this.offsets.get(quarter);
    if (offset === undefined) {
      const time = Temporal.Instant.fromEpochMilliseconds(quarter)
        .toZonedDateTimeISO('UTC')
        .toPlainDateTime();
      offset = quarter - time.toZonedDateTime(this.timeZone).epochMilliseconds;
      if (this.offsets.size >= MAX_CACHED) this.offsets.clear();
      this.offsets.set(quarter, offset);
    }
    return local - offset;
  }
}

function offsetMs(offset: string): number {
  if (offset.toUpperCase() === 'Z') return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(offset)!;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
