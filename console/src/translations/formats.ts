import type { Language } from './languages.js';

/** How times and numbers are written in one language. */
export interface Formats {
  /** The two largest units of a duration: `3 h 5 min`; at least a second. */
  duration(milliseconds: number): string;
  /** `5 minutes ago`. */
  relative(at: Date, now: Date): string;
  /** The date and the time to the second. */
  exact(at: Date): string;
  /** The time, and the date unless it is today. */
  short(at: Date, now: Date): string;
  number(value: number): string;
  /** The size of a file: `820 bytes`, `1.2 MB`. */
  bytes(size: number): string;
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** Units of sizes with their lengths in bytes, the largest first. */
const SIZES = [
  ['megabyte', 1_000_000],
  ['kilobyte', 1_000],
  ['byte', 1],
] as const;

const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', ru: 'ru-RU' };

export function formatsOf(language: Language): Formats {
  const locale = LOCALES[language];
  const units = new Map(
    UNITS.map(([unit]) => [
      unit,
      new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'narrow' }),
    ]),
  );
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  // Not hour12: false, which writes midnight as 24:00 in some locales.
  const exact = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'medium',
    hourCycle: 'h23',
  });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'short', hourCycle: 'h23' });
  const day = new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const number = new Intl.NumberFormat(locale);
  const sizes = new Map(
    SIZES.map(([unit]) => [
      unit,
      new Intl.NumberFormat(locale, {
        style: 'unit',
        unit,
        // English has no plural of the short one.
        unitDisplay: unit === 'byte' ? 'long' : 'short',
        maximumFractionDigits: unit === 'megabyte' ? 1 : 0,
      }),
    ]),
  );
  return {
    duration(milliseconds) {
      const rest = Math.max(1_000, milliseconds);
      const index = UNITS.findIndex(([, length]) => rest >= length);
      const [large, length] = UNITS[index]!;
      const first = units.get(large)!.format(Math.floor(rest / length));
      const smaller = UNITS[index + 1];
      if (!smaller) return first;
      return `${first} ${units.get(smaller[0])!.format(Math.floor((rest % length) / smaller[1]))}`;
    },
    relative(at, now) {
      const difference = at.getTime() - now.getTime();
      const [unit, length] = UNITS.find(([, size]) => Math.abs(difference) >= size) ?? UNITS[3];
      return relative.format(Math.trunc(difference / length), unit);
    },
    exact: (at) => exact.format(at),
    short: (at, now) => (at.toDateString() === now.toDateString() ? time : day).format(at),
    number: (value) => number.format(value),
    bytes(size) {
      const [unit, length] = SIZES.find(([, bytes]) => size >= bytes) ?? SIZES[2];
      return sizes.get(unit)!.format(size / length);
    },
  };
}
