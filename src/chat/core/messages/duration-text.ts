import { largestUnits } from '../../../shared/time/duration.js';
import type { Translations } from '../translations/translations.js';

/** A duration as people say it, in up to two units and rounded down: `3 d 4 h`, `2 h 5 min`, `15 min`, `40 s`. */
export function durationText(milliseconds: number, { units }: Pick<Translations, 'units'>): string {
  return largestUnits(milliseconds)
    .map(({ count, unit }) => `${count} ${units[unit]}`)
    .join(' ');
}
