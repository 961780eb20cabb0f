import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Config } from '../../../config/config.js';
import { Intake, Needs } from '../../http/auth/access-key.guard.js';
import { Problems } from '../../http/problems/problem.dto.js';
import { readBytes } from '../../http/body/raw-body.js';
import { AlertmanagerIntake } from './alertmanager-intake.js';
import { StrictQuery } from '../../http/validation/known-query.guard.js';
import { AlertmanagerQuery, TakenResponse } from './alertmanager.dto.js';

const EXAMPLE = {
  version: '4',
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'DiskFull', instance: 'db-1' },
      annotations: { summary: 'The disk of db-1 is full' },
      startsAt: '2026-11-20T10:00:00Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus:9090/graph?g0.expr=disk_free+%3D%3D+0',
      fingerprint: 'c2e1a3b4d5f60718',
    },
  ],
};

/** `/api/v1/intake/alertmanager` */
@ApiTags('Webhooks')
@Controller('api/v1/intake/alertmanager')
export class AlertmanagerController {
  private readonly maxBytes: number;

  constructor(
    private readonly intake: AlertmanagerIntake,
    { MAX_WEBHOOK_BODY_MIB }: Config,
  ) {
    this.maxBytes = MAX_WEBHOOK_BODY_MIB * 1024 * 1024;
  }

  /**
   * Receive a notification from Alertmanager
   * @remarks The payload of the webhook of Alertmanager or Grafana.
   */
  @Post()
  @HttpCode(200)
  @Needs('report')
  @Intake()
  @ApiBody({ schema: { type: 'object' }, examples: { firing: { value: EXAMPLE } } })
  @ApiOkResponse({ type: TakenResponse, description: 'All of it is committed.' })
  @Problems(
    'request.invalid',
    'request.unauthorized',
    'request.forbidden',
    'request.timeout',
    'request.body-too-large',
    'request.unsupported-media-type',
    'intake.rate-limited',
    'store.unavailable',
    'store.outcome-unknown',
  )
  async takeInAlerts(
    @StrictQuery() { cluster }: AlertmanagerQuery,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TakenResponse> {
    const payload = await readBytes(request, response, this.maxBytes);
    return this.intake.receive(payload, request.accessKey!, cluster);
  }
}
