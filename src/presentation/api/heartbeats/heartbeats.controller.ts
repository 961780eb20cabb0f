import { Controller, Delete, Get, HttpCode, Post, Put, Req } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ManageHeartbeats } from '../../../application/heartbeat/manage-heartbeats.js';
import { KEY_NAME } from '../../../domain/access/access-key.js';
import { turnPause } from '../../../shared/event-loop-turns.js';
import { Needs } from '../../http/auth/access-key.guard.js';
import { readBody } from '../../http/body/json-body.js';
import { requireNoIdempotencyKey } from '../../http/headers/idempotency-key.js';
import { header } from '../../http/openapi/header-documentation.js';
import { NAME_RULE, NAME_SCHEMA } from '../../http/openapi/schemas.js';
import { setLinks } from '../../http/paging/pagination.js';
import { BODY_PROBLEMS, COMMON_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';
import { invalidInput } from '../../http/problems/problems.js';
import { StrictQuery } from '../../http/validation/known-query.guard.js';
import { PathText } from '../../http/validation/path-parameters.js';
import {
  HeartbeatResponse,
  HeartbeatsQuery,
  PingOutputResponse,
  PingUrlResponse,
  StoredHeartbeatResponse,
  StoreHeartbeatDto,
} from './heartbeats.dto.js';

const Name = () =>
  PathText(KEY_NAME, NAME_RULE, {
    name: 'name',
    schema: { type: 'string', ...NAME_SCHEMA },
    example: 'nightly-export',
  });

const IDEMPOTENT = 'a retry has the same effect';

/** Only a digest of the token is stored, so that a replay could not answer with it. */
const SHOWN_ONCE = 'a ping URL is shown only once';

/** `/api/v1/heartbeats`: jobs that are expected to report. */
@ApiTags('Heartbeats')
@Needs('read')
@Problems(...COMMON_PROBLEMS)
@Controller('api/v1/heartbeats')
export class HeartbeatsController {
  constructor(private readonly heartbeats: ManageHeartbeats) {}

  /**
   * List heartbeats
   * @remarks By name. The next page is in `Link`.
   */
  @Get()
  @ApiOkResponse({
    type: [HeartbeatResponse],
    description: 'A page of heartbeats.',
    headers: {
      Link: header(
        'The next page, if there is one.',
        '</api/v1/heartbeats?after=nightly-export>; rel="next"',
      ),
    },
  })
  async listHeartbeats(
    @StrictQuery() { after, limit, with_problem: withProblem }: HeartbeatsQuery,
    @Req() request: Request,
  ): Promise<HeartbeatResponse[]> {
    // One more tells whether there is a next page.
    const found = await this.heartbeats.page({ after, limit: limit + 1, withProblem });
    const page = found.slice(0, limit);
    const next = found.length > limit ? `after=${encodeURIComponent(page.at(-1)!.name)}` : undefined;
    setLinks(request, ['after'], { next });
    const now = this.heartbeats.now();
    const responses: HeartbeatResponse[] = [];
    for (const heartbeat of page) {
      // Five times of a cron expression may take half a millisecond.
      const pause = turnPause();
      if (pause) await pause;
      responses.push(HeartbeatResponse.from(heartbeat, now));
    }
    return responses;
  }

  /** Get a heartbeat */
  @Get(':name')
  @ApiOkResponse({ type: HeartbeatResponse, description: 'The heartbeat, with the next expected times.' })
  @Problems('heartbeat.not-found')
  async getHeartbeat(@Name() name: string): Promise<HeartbeatResponse> {
    return HeartbeatResponse.from(await this.heartbeats.get(name), this.heartbeats.now());
  }

  /**
   * List outputs of a heartbeat
   * @remarks What its job has sent with its pings, up to the last five, the newest first.
   */
  @Get(':name/outputs')
  @Needs('manage-heartbeats')
  @ApiOkResponse({ type: [PingOutputResponse], description: 'The outputs.' })
  @Problems('heartbeat.not-found')
  async listHeartbeatOutputs(@Name() name: string): Promise<PingOutputResponse[]> {
    return (await this.heartbeats.outputs(name)).map((output) => PingOutputResponse.from(output));
  }

  /**
   * Store a heartbeat
   * @remarks It replaces the whole heartbeat: what is absent gets its default. Its pings, its problem and its ping URL stay. If the schedule
   * or the grace is another one, pings are expected from now on. A new heartbeat is expected to report even if it never has.
   */
  @Put(':name')
  @Needs('manage-heartbeats')
  @ApiBody({ type: StoreHeartbeatDto })
  @ApiOkResponse({ type: StoredHeartbeatResponse, description: 'The heartbeat is replaced.' })
  @ApiCreatedResponse({
    type: StoredHeartbeatResponse,
    description: 'The heartbeat is created. Its ping URL is shown only once.',
  })
  @Problems(...BODY_PROBLEMS, 'store.outcome-unknown')
  async storeHeartbeat(@Name() name: string, @Req() request: Request): Promise<StoredHeartbeatResponse> {
    requireNoIdempotencyKey(request, SHOWN_ONCE);
    const body = await readBody(request, StoreHeartbeatDto);
    if (body.every === undefined && body.at === undefined)
      throw invalidInput('body', 'every', 'every or at is required');
    const stored = await this.heartbeats.store(name, StoreHeartbeatDto.toSettings(body));
    if (stored.token !== undefined) request.res!.status(201);
    return StoredHeartbeatResponse.stored(stored, this.heartbeats.now(), (token) => pingUrl(token, request));
  }

  /**
   * Replace the ping URL
   * @remarks The earlier one is unknown at once.
   */
  @Post(':name/rotate')
  @Needs('manage-heartbeats')
  @ApiCreatedResponse({ type: PingUrlResponse, description: 'The new ping URL, which is shown only once.' })
  @Problems('heartbeat.not-found', 'store.outcome-unknown')
  async rotatePingUrl(@Name() name: string, @Req() request: Request): Promise<PingUrlResponse> {
    requireNoIdempotencyKey(request, SHOWN_ONCE);
    return { ping_url: pingUrl(await this.heartbeats.rotateToken(name), request) };
  }

  /**
   * Delete a heartbeat
   * @remarks Its ping URL is unknown at once. Its incident stays as it is.
   */
  @Delete(':name')
  @Needs('manage-heartbeats')
  @HttpCode(204)
  @ApiNoContentResponse({ description: 'The heartbeat is deleted.' })
  @Problems('heartbeat.not-found', 'store.outcome-unknown')
  async deleteHeartbeat(@Name() name: string, @Req() request: Request): Promise<void> {
    requireNoIdempotencyKey(request, IDEMPOTENT);
    await this.heartbeats.delete(name);
  }
}

/** The ping URL by which the client of this request reaches the service. */
function pingUrl(token: string, request: Request): string {
  request.res!.setHeader('Cache-Control', 'no-store');
  return `${request.protocol}://${request.headers.host}/ping/${token}`;
}
