import type { Translations } from '../translations/translations.js';

const UNITS = [
  { name: 'day', milliseconds: 86_400_000 },
  { name: 'hour', milliseconds: 3_600_000 },
  { name: 'minute', milliseconds: 60_000 },
  { name: 'second', milliseconds: 1_000 },
] as const;

/** A duration as people say it, in up to two units and rounded down: `3 d 4 h`, `2 h 5 min`, `15 min`, `40 s`. */
export function durationText(milliseconds: number, { units }: Pick<Translations, 'units'>): string {
  const first = Math.max(
    UNITS.findIndex((unit) => milliseconds >= unit.milliseconds),
    0,
  );
  if (milliseconds < 1_000) return `0 ${units.second}`;
  // Nobody needs the seconds of minutes.
  const shown = UNITS.slice(first, UNITS[first]!.name === 'minute' ? first + 1 : first + 2);
  let left = milliseconds;
  return shown
    .map(({ name, milliseconds: unit }, at) => {
      const count = Math.floor(left / unit);
      left -= count * unit;
      return count > 0 || at === 0 ? `${count} ${units[name]}` : undefined;
    })
    .filter((part) => part !== undefined)
    .join(' ');
}
