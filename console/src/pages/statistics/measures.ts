import { formats } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';

const DAY_MS = 86_400_000;

/** The range of so many days in UTC that ends with today. */
export function rangeOf(days: number, now: Date): { readonly from: string; readonly to: string } {
  const dayAfter = (count: number) => new Date(now.getTime() + count * DAY_MS).toISOString().slice(0, 10);
  return { from: dayAfter(1 - days), to: dayAfter(1) };
}

/** A duration of the statistics, in words. @param seconds null if it cannot be known yet. */
export function durationText(seconds: number | null): string {
  return seconds === null ? pageTexts.value.statistics.unknown : formats.value.duration(seconds * 1_000);
}
