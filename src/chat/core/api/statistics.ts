import type { ApiResponse } from './incidents-api-responses.js';
import type { components } from '../../../shared/api-schema.js';

/** The incidents that were reported in one week. */
export type WeekStatistics = Pick<
  components['schemas']['StatisticsGroupResponse'],
  | 'key'
  | 'reported'
  | 'taken'
  | 'resolved'
  | 'open'
  | 'reopened'
  | 'reopened_share'
  | 'time_to_take'
  | 'time_to_resolve'
>;

const COUNTS = ['reported', 'taken', 'resolved', 'open', 'reopened', 'reopened_share'] as const;
const DURATIONS = ['time_to_take', 'time_to_resolve'] as const;

/** The weeks in a response; undefined where it cannot be the API's. */
export function parseWeeks({ body }: ApiResponse): readonly WeekStatistics[] | undefined {
  const { groups } = body as { groups?: unknown };
  return Array.isArray(groups) && groups.every(isWeek) ? groups : undefined;
}

function isWeek(group: unknown): group is WeekStatistics {
  if (typeof group !== 'object' || group === null) return false;
  const week = group as Partial<Record<keyof WeekStatistics, unknown>>;
  return (
    typeof week.key === 'string' &&
    COUNTS.every((name) => typeof week[name] === 'number') &&
    DURATIONS.every((name) => arePercentiles(week[name]))
  );
}

function arePercentiles(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { p50, p90 } = value as { p50?: unknown; p90?: unknown };
  return [p50, p90].every((seconds) => seconds === null || typeof seconds === 'number');
}
