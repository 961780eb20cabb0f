import type { WeekStatistics } from '../api/statistics.js';
import type { Translations } from '../translations/translations.js';
import { durationText } from './duration-text.js';

const DAY_MS = 86_400_000;

/** The first days of weeks, in UTC, such as `2026-11-23`. */
export interface Weeks {
  readonly last: string;
  readonly current: string;
  readonly next: string;
}

/** The week of a time, and those beside it. A week begins on Monday, as in the statistics of the API. */
export function weeksAt(now: Date): Weeks {
  const daysSinceMonday = (now.getUTCDay() + 6) % 7;
  const firstDay = (weeks: number) =>
    new Date(now.getTime() + (7 * weeks - daysSinceMonday) * DAY_MS).toISOString().slice(0, 10);
  return { last: firstDay(-1), current: firstDay(0), next: firstDay(1) };
}

/** What happened to the incidents of this week and of the last one. */
export function statisticsText(
  statistics: readonly WeekStatistics[],
  { current, last }: Weeks,
  translations: Translations,
): string {
  const { thisWeek, lastWeek } = translations.statistics;
  const textOf = (day: string) =>
    weekText(
      statistics.find(({ key }) => key === day),
      translations,
    );
  return [thisWeek(current), textOf(current), '', lastWeek(last), textOf(last)].join('\n');
}

function weekText(week: WeekStatistics | undefined, translations: Translations): string {
  const texts = translations.statistics;
  if (!week) return texts.nothing;
  const { time_to_take: toTake, time_to_resolve: toResolve } = week;
  const text = (seconds: number | null) =>
    seconds === null ? undefined : durationText(seconds * 1_000, translations);
  return [
    texts.counts(week.reported, week.taken, week.resolved, week.open),
    texts.timeToTake(text(toTake.p50), text(toTake.p90)),
    texts.timeToResolve(text(toResolve.p50), text(toResolve.p90)),
    texts.reopened(week.reopened, Math.round(100 * week.reopened_share)),
  ].join('\n');
}
