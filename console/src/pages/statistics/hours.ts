const HOUR_MS = 3_600_000;

export const HOURS = 24;

/** How many of some incidents were reported in an hour. */
export interface HourCount {
  /** The start of the hour. */
  readonly at: Date;
  readonly count: number;
}

/** The counts of each of the last 24 hours, oldest first, and how many incidents were reported before them. */
export function countByHour(
  reportedAt: readonly Date[],
  now: Date,
): { readonly hours: readonly HourCount[]; readonly earlier: number } {
  const first = Math.floor(now.getTime() / HOUR_MS) - HOURS + 1;
  const counts = Array.from({ length: HOURS }, () => 0);
  let earlier = 0;
  for (const at of reportedAt) {
    const index = Math.floor(at.getTime() / HOUR_MS) - first;
    if (index < 0) earlier++;
    // The clock of this browser may be behind that of the service.
    else counts[Math.min(index, HOURS - 1)]!++;
  }
  return { hours: counts.map((count, i) => ({ at: new Date((first + i) * HOUR_MS), count })), earlier };
}
