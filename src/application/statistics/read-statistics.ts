import { Injectable } from '@nestjs/common';
import type { Workload } from '../../domain/access/workload.js';
import type { StatisticsGrouping } from '../../domain/statistics/statistics.js';
import { rangeOf, type StatisticsRange } from '../../domain/statistics/statistics-range.js';
import { Clock } from '../operations/clock.js';
import { IncidentStatistics, type StatisticsPage } from './incident-statistics.js';

/** Statistics with their range. */
export interface Statistics extends StatisticsPage {
  readonly range: StatisticsRange;
}

/** Reads statistics of incidents. */
@Injectable()
export class ReadStatistics {
  constructor(
    private readonly statistics: IncidentStatistics,
    private readonly clock: Clock,
  ) {}

  /** The range: with one end, the default number of days from there; with none, those up to today. */
  async execute(
    { from, to }: Partial<StatisticsRange>,
    by: StatisticsGrouping | undefined,
    workload?: Workload,
  ): Promise<Statistics> {
    const range = rangeOf(from, to, this.clock.now());
    const page = await this.statistics.read({ ...range, by }, workload);
    return { range, ...page };
  }
}
