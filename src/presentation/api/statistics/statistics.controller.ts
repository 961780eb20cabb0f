import { Controller, Get, Req } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ReadStatistics } from '../../../application/statistics/read-statistics.js';
import { Needs } from '../../http/auth/access-key.guard.js';
import { workloadOf } from '../../http/auth/workload.js';
import { COMMON_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';
import { StrictQuery } from '../../http/validation/known-query.guard.js';
import { requestedRange, StatisticsQuery, StatisticsResponse } from './statistics.dto.js';

/** `/api/v1/statistics` */
@ApiTags('Statistics')
@Problems(...COMMON_PROBLEMS)
@Controller('api/v1/statistics')
export class StatisticsController {
  constructor(private readonly statistics: ReadStatistics) {}

  /**
   * Get statistics
   * @remarks Counts of the incidents that were reported in a range of days, and how long it took to take and to resolve them. A
   * percentile is within 5 % of the exact one. It counts what is still open as longer than everything else: a percentile that falls
   * among those is null.
   */
  @Get()
  @Needs('read')
  @ApiOkResponse({
    type: StatisticsResponse,
    description: 'The statistics, every committed change included.',
  })
  async getStatistics(
    @StrictQuery() query: StatisticsQuery,
    @Req() request: Request,
  ): Promise<StatisticsResponse> {
    const range = requestedRange(query);
    return StatisticsResponse.from(
      await this.statistics.execute(range, query.by, workloadOf(request)),
      query.by,
    );
  }
}
