import { Controller, Get, HttpCode, Param, Post, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ListQuarantine } from '../../../application/quarantine/list-quarantine.js';
import { QuarantineMessage } from '../../../application/quarantine/quarantine-message.js';
import { IntakeMetrics } from '../../../application/intake/intake-metrics.js';
import { ManageQuarantine } from '../../../application/quarantine/manage-quarantine.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import type { QuarantinedMessageId } from '../../../domain/quarantine/quarantined-message.js';
import { QuarantinedMessageNotFound } from '../../../domain/quarantine/quarantine-errors.js';
import { Needs } from '../../http/auth/access-key.guard.js';
import { CurrentActor } from '../../http/auth/provenance.js';
import {
  idempotencyKeyOf,
  KEY_SCOPE,
  REPORT,
  requireNoIdempotencyKey,
} from '../../http/headers/idempotency-key.js';
import { DescribeId, IdPipe } from '../../http/validation/id.pipe.js';
import { ByOthers, IDEMPOTENCY_KEY_SCHEMA } from '../incidents/incidents.documentation.js';
import { readBody } from '../../http/body/json-body.js';
import { setLinks } from '../../http/paging/pagination.js';
import { Problems } from '../../http/problems/problem.dto.js';
import {
  QuarantinedResponse,
  QuarantineListQuery,
  QuarantineMessageDto,
  QuarantineMessageResponse,
} from './quarantine.dto.js';
import { invalidRequest } from '../../http/problems/problems.js';
import { StrictQuery } from '../../http/validation/known-query.guard.js';

const Id = () => Param('id', new IdPipe(QuarantinedMessageNotFound));
const LINK = {
  Link: {
    description: 'The next page (RFC 8288).',
    schema: { type: 'string' as const, example: '</api/v1/quarantine?after=50>; rel="next"' },
  },
};

/** Whose messages clients bring: what comes by the other channels, the service sees itself. */
const MESSENGERS = ['telegram'] as const;

const SETTLED_ONCE = 'what is in the quarantine is settled once in any case, and then says so';

/** `/api/v1/quarantine`: what came by a channel and could not be taken in. */
@ApiTags('quarantine')
@Needs('settle-quarantine')
@Problems(
  'request.invalid',
  'request.unauthorized',
  'request.forbidden',
  'request.rate-limited',
  'store.unavailable',
)
@Controller('api/v1/quarantine')
export class QuarantineController {
  constructor(
    private readonly listQuarantine: ListQuarantine,
    private readonly settleQuarantined: ManageQuarantine,
    private readonly quarantineMessage: QuarantineMessage,
    private readonly intakeMetrics: IntakeMetrics,
  ) {}

  /**
   * Keep what could not be brought into the register, for an operator. It is for keys that act for others: X-Channel says by
   * which channel it came. A retry reports it under its idempotency key, once with the reports that were sent under that key.
   */
  @Post()
  @Needs('report')
  @ApiHeader({ name: 'Idempotency-Key', required: true, schema: IDEMPOTENCY_KEY_SCHEMA })
  @ByOthers(MESSENGERS)
  @ApiBody({ type: QuarantineMessageDto })
  @ApiCreatedResponse({ type: QuarantineMessageResponse, description: 'It is kept.' })
  @Problems(
    'request.malformed-body',
    'request.timeout',
    'request.body-too-large',
    'request.unsupported-media-type',
    'store.outcome-unknown',
  )
  async keep(
    @CurrentActor() { actor, channel }: Provenance,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<QuarantineMessageResponse> {
    let reference = '';
    await this.intakeMetrics.counted(channel, async () => {
      const { payload, reason } = await readBody(request, response, QuarantineMessageDto);
      const idempotency = idempotencyKeyOf(request, REPORT);
      if (!idempotency) throw missing('Idempotency-Key');
      if (channel === 'rest') throw missing('X-Channel');
      reference = idempotency.key;
      const named = { 'idempotency-key': reference, [KEY_SCOPE]: idempotency.scope, actor, channel };
      const headers = Object.entries(named).map(([name, value]) => [name, Buffer.from(value)] as const);
      await this.quarantineMessage.execute({
        channel,
        reference,
        reason,
        payload: Buffer.from(payload),
        headers,
      });
      return 'quarantined';
    });
    return { reference };
  }

  /** List what could not be taken in, in the order in which it came. */
  @Get()
  @ApiOkResponse({ type: [QuarantinedResponse], description: 'A page of the quarantine.', headers: LINK })
  async listPieces(
    @StrictQuery() { state, channel, after, limit }: QuarantineListQuery,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<QuarantinedResponse[]> {
    const query = { state: state === 'all' ? undefined : state, channel, after, limit };
    const { pieces, more } = await this.listQuarantine.page(query);
    setLinks(request, response, ['after'], { next: more ? `after=${pieces.at(-1)!.id}` : undefined });
    return pieces.map((piece) => QuarantinedResponse.from(piece));
  }

  /** Get all that came, byte by byte. */
  @Get(':id/payload')
  @DescribeId()
  @ApiProduces('application/octet-stream')
  @ApiOkResponse({
    description: 'What came.',
    content: {
      'application/octet-stream': {
        schema: { type: 'string', format: 'binary' },
        example: '{"version": "5"}',
      },
    },
  })
  @Problems('request.invalid', 'quarantine.not-found')
  async getPayload(@Id() id: QuarantinedMessageId): Promise<StreamableFile> {
    const disposition = `attachment; filename="quarantine-${id}"`;
    return new StreamableFile(await this.listQuarantine.payload(id), { disposition });
  }

  /** Take it in after all. However often it is tried, that happens once. */
  @Post(':id/retry')
  @HttpCode(200)
  @DescribeId()
  @ByOthers()
  @ApiOkResponse({ type: QuarantinedResponse, description: 'It is in the register.' })
  @Problems(
    'request.invalid',
    'quarantine.not-found',
    'quarantine.already-resolved',
    'quarantine.retry-failed',
    'store.outcome-unknown',
  )
  async retryPiece(
    @Id() id: QuarantinedMessageId,
    @CurrentActor() { actor }: Provenance,
    @Req() request: Request,
  ): Promise<QuarantinedResponse> {
    requireNoIdempotencyKey(request, SETTLED_ONCE);
    return QuarantinedResponse.from(await this.settleQuarantined.retry(id, actor, request.accessKey!));
  }

  /** Say that it is of no use. It is kept. */
  @Post(':id/dismiss')
  @HttpCode(200)
  @DescribeId()
  @ByOthers()
  @ApiOkResponse({ type: QuarantinedResponse, description: 'It waits for nobody any more.' })
  @Problems('request.invalid', 'quarantine.not-found', 'quarantine.already-resolved', 'store.outcome-unknown')
  async dismissPiece(
    @Id() id: QuarantinedMessageId,
    @CurrentActor() { actor }: Provenance,
    @Req() request: Request,
  ): Promise<QuarantinedResponse> {
    requireNoIdempotencyKey(request, SETTLED_ONCE);
    return QuarantinedResponse.from(await this.settleQuarantined.dismiss(id, actor));
  }
}

const missing = (header: string) =>
  invalidRequest([{ in: 'header', pointer: `/${header}`, detail: `${header} is needed` }]);
