/** By what incidents are grouped. */
export const STATISTICS_GROUPINGS = ['source', 'channel', 'week', 'assignee'] as const;

export type StatisticsGrouping = (typeof STATISTICS_GROUPINGS)[number];

/** The factor between the limits of a bucket of durations: bucket n begins at WIDTH^n seconds. */
export const BUCKET_WIDTH = 1.1;

/** The maximum relative error of a percentile: a bucket is represented by its geometric mean. */
export const MAX_PERCENTILE_ERROR = Math.sqrt(BUCKET_WIDTH) - 1;

/** How many durations are in a bucket. */
export interface DurationBucket {
  readonly bucket: number;
  readonly count: number;
}

/** How long something took, for some incidents. */
export interface Durations {
  /** Those that are known, in ascending order of the buckets. */
  readonly buckets: readonly DurationBucket[];
  /** The number of incidents for which it has not ended. */
  readonly censored: number;
}

/** Percentiles in seconds; undefined where one falls among the censored, or where there are no incidents. */
export interface Percentiles {
  readonly p50: number | undefined;
  readonly p90: number | undefined;
}

/** The incidents of one group that were reported in the range. */
export interface GroupStatistics {
  /** The source, the channel, the assignee or the first day of the week; undefined for nobody, and without grouping. */
  readonly key: string | undefined;
  readonly reported: number;
  /** Taken at least once. */
  readonly taken: number;
  /** RESOLVED or CLOSED now. */
  readonly resolved: number;
  readonly closed: number;
  /** Reopened at least once, by hand or by a duplicate. */
  readonly reopened: number;
  readonly urgent: number;
  /** NEW or IN_PROGRESS now. */
  readonly open: number;
  /** Open, and assigned to nobody now. */
  readonly untaken: number;
  readonly timeToTake: Percentiles;
  readonly timeToResolve: Percentiles;
}

/**
 * The duration within which a share of the incidents ended: the smallest one such that this share of all, the censored included,
 * took at most as long. A censored duration is longer than all others, whatever it will be.
 * @param share above 0 and at most 1.
 * @returns seconds, within MAX_PERCENTILE_ERROR of the exact value, or within a second; undefined if it falls among the censored.
 */
export function percentileOf({ buckets, censored }: Durations, share: number): number | undefined {
  const total = buckets.reduce((sum, { count }) => sum + count, censored);
  if (total === 0) return undefined;
  const rank = Math.ceil(total * share);
  let passed = 0;
  for (const { bucket, count } of buckets) {
    passed += count;
    if (passed >= rank) return secondsOf(bucket);
  }
  return undefined;
}

/** The percentiles that statistics have. */
export function percentilesOf(durations: Durations): Percentiles {
  return { p50: percentileOf(durations, 0.5), p90: percentileOf(durations, 0.9) };
}

/** The duration that represents a bucket, in seconds with three significant digits or more. */
function secondsOf(bucket: number): number {
  const seconds = BUCKET_WIDTH ** (bucket + 0.5);
  return seconds < 1_000 ? Number(seconds.toPrecision(4)) : Math.round(seconds);
}
