import { Cron } from 'croner';
import { clockPeriodAt } from './clock-period.js';

const NUMBER = String.raw`\d{1,2}`;
const MONTH = `(?:${NUMBER}|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)`;
const WEEKDAY = `(?:${NUMBER}|SUN|MON|TUE|WED|THU|FRI|SAT)`;

/** A field of crontab(5): a list of values, ranges and steps. */
const fieldOf = (value: string) => {
  const item = String.raw`(?:\*(?:/${NUMBER})?|${value}(?:-${value}(?:/${NUMBER})?)?)`;
  return `${item}(?:,${item})*`;
};

const EXPRESSION = new RegExp(
  `^${[NUMBER, NUMBER, NUMBER, MONTH, WEEKDAY].map(fieldOf).join(String.raw`\s+`)}$`,
  'i',
);

/** Parsed expressions: each takes 80 kB, and few differ. */
const MAX_CACHED = 50;
const cache = new Map<string, CronExpression | undefined>();

const ANY_TIME = Date.UTC(2026, 0, 1);

/**
 * A schedule in the dialect of Debian's cron (crontab(5), cron(8)): five fields, with names of months and weekdays. A day matches if
 * one of the fields for days matches, unless one of them begins with `*`: then both must.
 *
 * When the clocks change, a schedule whose minutes and hours begin with no `*` is of one time a day: a time that the clocks skip is due at the
 * moment of the change, and of a time that they repeat the first occurrence is. Other schedules follow the clocks.
 */
export class CronExpression {
  private constructor(
    private readonly cron: Cron,
    private readonly isFrequent: boolean,
  ) {}

  /** The expression of a text; undefined if it is in another dialect, or no time ever matches it. */
  static parse(text: string): CronExpression | undefined {
    if (cache.has(text)) return cache.get(text);
    if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value!);
    const parsed = this.create(text);
    cache.set(text, parsed);
    return parsed;
  }

  private static create(text: string): CronExpression | undefined {
    if (!EXPRESSION.test(text)) return undefined;
    const fields = text.split(/\s+/);
    const [minute, hour, day, , weekday] = fields.map((field) => field.startsWith('*'));
    const options = { mode: '5-part', utcOffset: 0, paused: true, domAndDow: day! || weekday! } as const;
    try {
      const cron = new Cron(fields.join(' '), options);
      const isPossible = cron.nextRun(new Date(ANY_TIME)) !== null;
      return isPossible ? new CronExpression(cron, minute! || hour!) : undefined;
    } catch (error) {
      // The library has no class of its own for values that are out of range.
      if (error instanceof TypeError || error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** The first time after `after` that matches, in milliseconds. Undefined in a far future, where none is found any more. */
  next(after: number, timeZone: string): number | undefined {
    let from = after;
    let period = clockPeriodAt(after, timeZone);
    for (;;) {
      const { until, offsetMs, repeatedUntil } = period;
      const local = this.nextLocal(from + offsetMs) ?? Infinity;
      const time = local - offsetMs;
      if (time < until) {
        if (this.isFrequent || time >= repeatedUntil) return time;
        from = repeatedUntil - 1;
        continue;
      }
      if (until === Infinity) return undefined;
      period = clockPeriodAt(until, timeZone);
      const isSkipped = local < until + period.offsetMs;
      if (isSkipped && !this.isFrequent) return until;
      // What is due at the moment of the change itself is after this.
      from = until - 1;
    }
  }

  /** The same for clocks without changes: as if the zone were UTC. */
  private nextLocal(after: number): number | undefined {
    return this.cron.nextRun(new Date(after))?.getTime();
  }
}
