import type { Workload } from '../../domain/access/workload.js';
import type { GroupStatistics, StatisticsGrouping } from '../../domain/statistics/statistics.js';
import type { StatisticsRange } from '../../domain/statistics/statistics-range.js';

/** The maximum number of groups. */
export const MAX_GROUPS = 200;

export interface StatisticsQuery extends StatisticsRange {
  /** Undefined for all incidents as one group. */
  readonly by: StatisticsGrouping | undefined;
}

export interface StatisticsPage {
  /** Weeks in their order; others with the most reports first. Groups without reports are missing. */
  readonly groups: readonly GroupStatistics[];
  /** Whether there are more groups than MAX_GROUPS: those with the fewest reports are missing. */
  readonly hasMore: boolean;
}

/** Statistics of incidents by the day of their report. */
export abstract class IncidentStatistics {
  /**
   * Every change that was committed before is included.
   * @throws StoreUnavailable, also if it takes too long.
   */
  abstract read(query: StatisticsQuery, workload?: Workload): Promise<StatisticsPage>;
}
