import { Controller, Get, Req, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheckService, type HealthIndicatorFunction, HealthIndicatorService } from '@nestjs/terminus';
import type { Request } from 'express';
import { MetricsExporter } from '../../../application/operations/metrics-exporter.js';
import { StoreHealth } from '../../../application/operations/store-health.js';
import { Needs, Public } from '../../http/auth/access-key.guard.js';
import { Draining } from '../../http/server/draining.js';
import { HealthResponse } from './health.dto.js';
import { COMMON_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';
import { HttpProblem } from '../../http/problems/problems.js';

/** Health checks and metrics. */
@ApiTags('Operations')
@Controller()
export class OperationsController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly store: StoreHealth,
    private readonly draining: Draining,
    private readonly exporter: MetricsExporter,
  ) {}

  /**
   * Check overall health
   * @remarks Includes the database.
   */
  @Get('health')
  @Public()
  @ApiOkResponse({ type: HealthResponse, description: 'The service is healthy.' })
  @Problems('service.not-ready')
  async overall(): Promise<HealthResponse> {
    return this.check(this.database);
  }

  /**
   * Check liveness
   * @remarks Does not include the database: restarting the process would not bring it back.
   */
  @Get('health/live')
  @Public()
  @ApiOkResponse({ type: HealthResponse, description: 'The process is running.' })
  async liveness(): Promise<HealthResponse> {
    return this.check();
  }

  /**
   * Check readiness
   * @remarks Includes the database, and fails as soon as the service begins to shut down.
   */
  @Get('health/ready')
  @Public()
  @ApiOkResponse({ type: HealthResponse, description: 'The service accepts requests.' })
  @Problems('service.not-ready')
  async readiness(): Promise<HealthResponse> {
    return this.check(this.database, this.service);
  }

  /** Get metrics */
  @Get('metrics')
  @Needs('scrape')
  @ApiOkResponse({
    description: 'Metrics in the text format of Prometheus.',
    content: {
      'text/plain': { schema: { type: 'string' }, example: 'incidents_created_total{source="monitoring"} 1' },
    },
  })
  @Problems(...COMMON_PROBLEMS)
  async metrics(@Req() { res }: Request): Promise<string> {
    res!.setHeader('Content-Type', this.exporter.contentType);
    return this.exporter.text();
  }

  private readonly database: HealthIndicatorFunction = async () => {
    const indicator = this.indicators.check('database');
    return this.store.check().then(
      () => indicator.up(),
      (error: Error) => indicator.down({ message: error.message }),
    );
  };

  private readonly service: HealthIndicatorFunction = () => {
    const indicator = this.indicators.check('service');
    return this.draining.hasBegun
      ? indicator.down({ message: 'The service is shutting down.' })
      : indicator.up();
  };

  private async check(...indicators: HealthIndicatorFunction[]): Promise<HealthResponse> {
    try {
      return (await this.health.check(indicators)) as HealthResponse;
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      const { details } = error.getResponse() as HealthResponse;
      throw new HttpProblem('service.not-ready', 'The service is not ready.', { checks: details });
    }
  }
}
