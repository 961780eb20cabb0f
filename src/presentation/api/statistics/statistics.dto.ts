import { ApiProperty } from '@nestjs/swagger';
import type { Statistics } from '../../../application/statistics/read-statistics.js';
import {
  type GroupStatistics,
  type Percentiles,
  STATISTICS_GROUPINGS,
  type StatisticsGrouping,
} from '../../../domain/statistics/statistics.js';
import { daysIn, MAX_RANGE_DAYS, type StatisticsRange } from '../../../domain/statistics/statistics-range.js';
import { invalidInput } from '../../http/problems/problems.js';
import { IsOneOf } from '../../http/validation/fields.js';
import { IsDay } from '../../http/validation/is-timestamp.js';

const GROUPING_SCHEMA = { enum: STATISTICS_GROUPINGS, enumName: 'StatisticsGrouping' } as const;

export class StatisticsQuery {
  /** Incidents reported on this day or later, in UTC. By default 30 days before `to`. */
  @IsDay('2026-11-01')
  from?: string;

  /**
   * Incidents reported before this day, in UTC: after `from`, by at most 366 days. By default 30 days after `from`, or tomorrow
   * without it.
   */
  @IsDay('2026-12-01')
  to?: string;

  /** One group for each source, channel, week or assignee. Without it, all incidents are one group. */
  @IsOneOf({ ...GROUPING_SCHEMA, required: false })
  by?: StatisticsGrouping;
}

/**
 * The range of a query.
 * @throws HttpProblem if it is empty or too long.
 */
export function requestedRange({ from, to }: StatisticsQuery): Partial<StatisticsRange> {
  if (from === undefined || to === undefined) return { from, to };
  const days = daysIn({ from, to });
  if (days < 1) throw invalidInput('query', 'to', 'to must be after from');
  if (days > MAX_RANGE_DAYS)
    throw invalidInput('query', 'to', `to must be at most ${MAX_RANGE_DAYS} days after from`);
  return { from, to };
}

const COUNT_SCHEMA = { type: 'integer', minimum: 0 } as const;
const SECONDS_SCHEMA = { type: Number, nullable: true, minimum: 0 } as const;
const DAY_SCHEMA = { type: String, format: 'date' } as const;

export class PercentilesResponse {
  /** Half of the incidents took at most so many seconds; null if that cannot be known yet. */
  @ApiProperty({ ...SECONDS_SCHEMA, example: 291.3 })
  p50: number | null;

  /** 90 % of the incidents took at most so many seconds; null if that cannot be known yet. */
  @ApiProperty({ ...SECONDS_SCHEMA, example: null })
  p90: number | null;

  static from({ p50, p90 }: Percentiles): PercentilesResponse {
    return { p50: p50 ?? null, p90: p90 ?? null };
  }
}

export class StatisticsGroupResponse {
  /** The source, channel, assignee, or Monday of the week; null for nobody, and without `by`. */
  @ApiProperty({ type: String, nullable: true, example: 'monitoring' })
  key: string | null;

  /** Incidents that were reported in the range: all other numbers are of these. */
  @ApiProperty({ ...COUNT_SCHEMA, example: 120 })
  reported: number;

  /** Incidents that somebody has taken, at least once. */
  @ApiProperty({ ...COUNT_SCHEMA, example: 97 })
  taken: number;

  /** Incidents that are RESOLVED or CLOSED. */
  @ApiProperty({ ...COUNT_SCHEMA, example: 80 })
  resolved: number;

  /** Incidents that are CLOSED. */
  @ApiProperty({ ...COUNT_SCHEMA, example: 61 })
  closed: number;

  /** Incidents that were reopened, at least once. */
  @ApiProperty({ ...COUNT_SCHEMA, example: 6 })
  reopened: number;

  /** `reopened` divided by `reported`. */
  @ApiProperty({ type: Number, minimum: 0, maximum: 1, example: 0.05 })
  reopened_share: number;

  /** Incidents that are urgent, or were when they were closed. */
  @ApiProperty({ ...COUNT_SCHEMA, example: 12 })
  urgent: number;

  /** Incidents that are NEW or IN_PROGRESS. */
  @ApiProperty({ ...COUNT_SCHEMA, example: 40 })
  open: number;

  /** Incidents that are NEW or IN_PROGRESS, and assigned to nobody. */
  @ApiProperty({ ...COUNT_SCHEMA, example: 23 })
  untaken: number;

  /** From the report until somebody took the incident, in seconds. */
  @ApiProperty({ type: PercentilesResponse })
  time_to_take: PercentilesResponse;

  /** From the report until the incident was resolved, in seconds. */
  @ApiProperty({ type: PercentilesResponse, example: { p50: 5_412, p90: null } })
  time_to_resolve: PercentilesResponse;

  static from(group: GroupStatistics): StatisticsGroupResponse {
    return {
      key: group.key ?? null,
      reported: group.reported,
      taken: group.taken,
      resolved: group.resolved,
      closed: group.closed,
      reopened: group.reopened,
      reopened_share: Number((group.reopened / group.reported).toFixed(4)),
      urgent: group.urgent,
      open: group.open,
      untaken: group.untaken,
      time_to_take: PercentilesResponse.from(group.timeToTake),
      time_to_resolve: PercentilesResponse.from(group.timeToResolve),
    };
  }
}

export class StatisticsResponse {
  /** The first day of the range. */
  @ApiProperty({ ...DAY_SCHEMA, example: '2026-11-01' })
  from: string;

  /** The day after the range. */
  @ApiProperty({ ...DAY_SCHEMA, example: '2026-12-01' })
  to: string;

  /** The parameter `by`; null without it. */
  @ApiProperty({ type: String, nullable: true, example: 'source' })
  by: string | null;

  /** Groups with at least one incident: weeks in their order, others by the number of incidents, at most 200. */
  @ApiProperty({ type: [StatisticsGroupResponse] })
  groups: StatisticsGroupResponse[];

  /** Whether there are more groups. */
  @ApiProperty({ example: false })
  has_more: boolean;

  static from(
    { range, groups, hasMore }: Statistics,
    by: StatisticsGrouping | undefined,
  ): StatisticsResponse {
    return {
      from: range.from,
      to: range.to,
      by: by ?? null,
      groups: groups.map((group) => StatisticsGroupResponse.from(group)),
      has_more: hasMore,
    };
  }
}
