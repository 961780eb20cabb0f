import { applyDecorators, Controller, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import type { Ping } from '../../../application/heartbeat/heartbeats.js';
import { MAX_PINGS_PER_MINUTE } from '../../../application/heartbeat/ping-rates.js';
import { ReceivePing } from '../../../application/heartbeat/receive-ping.js';
import { HeartbeatNotFound } from '../../../domain/heartbeat/heartbeat-errors.js';
import { Public } from '../../http/auth/access-key.guard.js';
import { AuthThrottle } from '../../http/auth/auth-throttle.js';
import { readBytes } from '../../http/body/raw-body.js';
import { Problems } from '../../http/problems/problem-documentation.js';
import { HttpProblem, invalidInput, rateLimited } from '../../http/problems/problems.js';

/** A longer body is not read: its ping counts all the same. */
const MAX_READ_BYTES = 1024 * 1024;

const ROUTE = { isIntake: false };

const EXIT_CODE = String.raw`\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5]`;
const SIGNAL = new RegExp(`^(?:start|fail|${EXIT_CODE})$`);

const Token = () =>
  ApiParam({
    name: 'token',
    description: 'The token of the ping URL.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' },
    example: '8t1Rm0pXn3yQ2b6v9wZ4c7d0e5f8g1h2i3j4k5l6m7n',
  });

const Signal = () =>
  ApiParam({
    name: 'signal',
    description: '`start` if the job begins, `fail` if it has failed, or its exit code: 0 is a success.',
    schema: { type: 'string', pattern: SIGNAL.source },
    example: 'start',
  });

/** What a ping answers with. */
const Answers = () =>
  applyDecorators(
    ApiOkResponse({
      description: 'The ping is committed.',
      content: { 'text/plain': { schema: { type: 'string' }, example: 'OK' } },
    }),
    Problems(
      'request.invalid',
      'heartbeat.not-found',
      'request.timeout',
      'request.rate-limited',
      'store.unavailable',
      'store.outcome-unknown',
    ),
  );

/** What a job may send: what it has printed. */
const Output = () =>
  applyDecorators(
    ApiConsumes('text/plain'),
    ApiBody({
      description:
        'What the job has printed, of any content type. Of more than 100,000 bytes the end is stored.',
      required: false,
      schema: { type: 'string' },
      examples: { output: { value: 'disk full' } },
    }),
  );

/** `/ping`: jobs report by any HTTP client. The token is the credential. */
@ApiTags('Heartbeats')
@Public()
@Controller('ping')
export class PingsController {
  constructor(
    private readonly receivePing: ReceivePing,
    private readonly authThrottle: AuthThrottle,
  ) {}

  /**
   * Report a success
   * @remarks Also by HEAD. The URL is of one heartbeat, and needs no access key.
   */
  @Get(':token')
  @Token()
  @Answers()
  async ping(@Param('token') token: string, @Req() request: Request): Promise<string> {
    return this.receive(token, undefined, request);
  }

  /**
   * Report a success with an output
   * @remarks The body is what the job has printed.
   */
  @Post(':token')
  @HttpCode(200)
  @Token()
  @Output()
  @Answers()
  async pingWithOutput(@Param('token') token: string, @Req() request: Request): Promise<string> {
    return this.receive(token, undefined, request);
  }

  /**
   * Report a start or an end
   * @remarks A failure creates an incident at once. A start without an end within the grace counts as missing.
   */
  @Get(':token/:signal')
  @Token()
  @Signal()
  @Answers()
  async signal(
    @Param('token') token: string,
    @Param('signal') signal: string,
    @Req() request: Request,
  ): Promise<string> {
    return this.receive(token, signal, request);
  }

  /**
   * Report a start or an end with an output
   * @remarks As without an output. The incident of a failure has the end of it.
   */
  @Post(':token/:signal')
  @HttpCode(200)
  @Token()
  @Signal()
  @Output()
  @Answers()
  async signalWithOutput(
    @Param('token') token: string,
    @Param('signal') signal: string,
    @Req() request: Request,
  ): Promise<string> {
    return this.receive(token, signal, request);
  }

  private async receive(token: string, signal: string | undefined, request: Request): Promise<string> {
    request.hasTokenInPath = true;
    const says = meaningOf(signal);
    const output = request.method === 'POST' ? await outputOf(request) : undefined;
    const outcome = await this.receivePing.execute(token, { ...says, output });
    if (outcome.type === 'unknown')
      return this.authThrottle.reject(request, ROUTE, async () => new HeartbeatNotFound());
    if (outcome.type === 'rate-limited') {
      const detail = `A heartbeat is limited to ${MAX_PINGS_PER_MINUTE} pings per minute.`;
      throw rateLimited(detail, outcome.retryAfterSeconds, ROUTE);
    }
    request.res!.set('Cache-Control', 'no-store').type('text/plain');
    return 'OK';
  }
}

/** @throws HttpProblem if the end of the URL is no signal. */
function meaningOf(signal: string | undefined): Pick<Ping, 'kind' | 'exitCode'> {
  if (signal === undefined) return { kind: 'success', exitCode: undefined };
  if (!SIGNAL.test(signal))
    throw invalidInput('path', 'signal', 'signal must be start, fail or an exit code from 0 to 255');
  if (signal === 'start') return { kind: 'start', exitCode: undefined };
  if (signal === 'fail') return { kind: 'failure', exitCode: undefined };
  const exitCode = Number(signal);
  return { kind: exitCode === 0 ? 'success' : 'failure', exitCode };
}

/** The body; undefined for one that cannot be stored. A ping that is refused for its output would be missing. */
async function outputOf(request: Request): Promise<Buffer | undefined> {
  try {
    return await readBytes(request, MAX_READ_BYTES);
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    if (!['request.body-too-large', 'request.unsupported-media-type'].includes(error.code)) throw error;
    // The rest of the body may still be on its way.
    request.res!.set('Connection', 'close');
    return undefined;
  }
}
