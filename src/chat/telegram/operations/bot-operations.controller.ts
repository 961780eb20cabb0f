import { All, Controller, Get, HttpStatus, MethodNotAllowedException, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Registry } from 'prom-client';
import { BotHealth } from './bot-health.js';

/** Probes and metrics, open to whoever reaches the port: they have no messages and no keys in them. */
@Controller()
export class BotOperationsController {
  constructor(
    private readonly health: BotHealth,
    private readonly registry: Registry,
  ) {}

  /** Up while the process runs: a restart does not bring a dependency back. */
  @Get('health/live')
  live(): object {
    return { status: 'ok' };
  }

  @Get(['health', 'health/ready'])
  ready(@Res({ passthrough: true }) response: Response): object {
    const details = this.health.checks;
    const isReady = Object.values(details).every(({ status }) => status === 'up');
    if (!isReady) response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status: isReady ? 'ok' : 'error', details };
  }

  @Get('metrics')
  async metrics(@Res({ passthrough: true }) response: Response): Promise<string> {
    response.setHeader('Content-Type', this.registry.contentType);
    return this.registry.metrics();
  }

  @All(['health/live', 'health', 'health/ready', 'metrics'])
  rejectOtherMethods(@Res({ passthrough: true }) response: Response): never {
    response.setHeader('Allow', 'GET, HEAD');
    throw new MethodNotAllowedException();
  }
}
