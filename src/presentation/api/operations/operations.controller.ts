import { Controller, Get, Res, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheckService, type HealthIndicatorFunction, HealthIndicatorService } from '@nestjs/terminus';
import type { Response } from 'express';
import { MetricsExporter } from '../../../application/operations/metrics-exporter.js';
import { StoreHealth } from '../../../application/operations/store-health.js';
import { Needs, Public } from '../../http/auth/access-key.guard.js';
import { Draining } from '../../http/server/draining.js';
import { HealthResponse } from './health.dto.js';
import { Problems } from '../../http/problems/problem.dto.js';
import { HttpProblem } from '../../http/problems/problems.js';

/** What operations people and their machines ask: is it well, and what does it do. */
@ApiTags('operations')
@Controller()
export class OperationsController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly register: StoreHealth,
    private readonly draining: Draining,
    private readonly page: MetricsExporter,
  ) {}

  /** Is the service well, its database included? */
  @Get('health')
  @Public()
  @ApiOkResponse({ type: HealthResponse, description: 'It is.' })
  @Problems('service.not-ready')
  async overall(): Promise<HealthResponse> {
    return this.check(this.database);
  }

  /** Does the process run? It stays well without a database: a restart would not bring that back. */
  @Get('health/live')
  @Public()
  @ApiOkResponse({ type: HealthResponse, description: 'It does.' })
  async liveness(): Promise<HealthResponse> {
    return this.check();
  }

  /** May requests be sent here? */
  @Get('health/ready')
  @Public()
  @ApiOkResponse({ type: HealthResponse, description: 'They may.' })
  @Problems('service.not-ready')
  async readiness(): Promise<HealthResponse> {
    return this.check(this.database, this.service);
  }

  /** Metrics for Prometheus. */
  @Get('metrics')
  @Needs('scrape')
  @ApiOkResponse({
    description: 'Metrics in the text format of Prometheus.',
    content: {
      'text/plain': { schema: { type: 'string' }, example: 'incidents_created_total{source="monitoring"} 1' },
    },
  })
  @Problems(
    'request.invalid',
    'request.unauthorized',
    'request.forbidden',
    'request.rate-limited',
    'store.unavailable',
  )
  async metrics(@Res({ passthrough: true }) response: Response): Promise<string> {
    response.setHeader('Content-Type', this.page.contentType);
    return this.page.text();
  }

  private readonly database: HealthIndicatorFunction = async () => {
    const indicator = this.indicators.check('database');
    return this.register.check().then(
      () => indicator.up(),
      (error: Error) => indicator.down({ message: error.message }),
    );
  };

  private readonly service: HealthIndicatorFunction = () => {
    const indicator = this.indicators.check('service');
    return this.draining.hasBegun ? indicator.down({ message: 'The service is stopping.' }) : indicator.up();
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
