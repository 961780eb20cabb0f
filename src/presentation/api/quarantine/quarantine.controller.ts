import { Controller, Get, HttpCode, Post, Req, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ChannelRegistry } from '../../../application/intake/channel-registry.js';
import { ReportIntake } from '../../../application/intake/report-intake.js';
import { IntakeMetrics } from '../../../application/intake/intake-metrics.js';
import { ManageQuarantine } from '../../../application/quarantine/manage-quarantine.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import type { QuarantinedMessageId } from '../../../domain/quarantine/quarantined-message.js';
import { QuarantinedMessageNotFound } from '../../../domain/quarantine/quarantine-errors.js';
import { Needs } from '../../http/auth/access-key.guard.js';
import { API_CHANNEL, CurrentActor } from '../../http/auth/provenance.js';
import {
  idempotencyKeyOf,
  KEY_SCOPE,
  REPORT,
  requireNoIdempotencyKey,
} from '../../http/headers/idempotency-key.js';
import { PathId } from '../../http/validation/path-parameters.js';
import { IDEMPOTENCY_KEY_SCHEMA, link, ProvenanceHeaders } from '../../http/openapi/header-documentation.js';
import { readBody } from '../../http/body/json-body.js';
import { setLinks } from '../../http/paging/pagination.js';
import { BODY_PROBLEMS, COMMON_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';
import {
  QuarantinedResponse,
  QuarantineListQuery,
  QuarantineMessageDto,
  QuarantineReceiptResponse,
} from './quarantine.dto.js';
import { invalidInput } from '../../http/problems/problems.js';
import { StrictQuery } from '../../http/validation/known-query.guard.js';

const Id = () => PathId(QuarantinedMessageNotFound);
const LINK = link('</api/v1/quarantine?after=50>; rel="next"');

const RESOLVED_ONCE = 'a message is resolved once in any case';

/** `/api/v1/quarantine`: the rejected messages of all channels. */
@ApiTags('Quarantine')
@Needs('manage-quarantine')
@Problems(...COMMON_PROBLEMS)
@Controller('api/v1/quarantine')
export class QuarantineController {
  constructor(
    private readonly quarantine: ManageQuarantine,
    private readonly intake: ReportIntake,
    private readonly intakeMetrics: IntakeMetrics,
    private readonly channels: ChannelRegistry,
  ) {}

  /**
   * Quarantine a message
   * @remarks Stores a message that a client could not report, for operator review. It needs a key that may impersonate; X-Channel
   * names the channel of the message. A retry reports it under its idempotency key: together with reports that were sent under
   * that key, it takes effect once.
   */
  @Post()
  @Needs('report')
  @ApiHeader({ name: 'Idempotency-Key', required: true, schema: IDEMPOTENCY_KEY_SCHEMA })
  @ProvenanceHeaders(true)
  @ApiBody({ type: QuarantineMessageDto })
  @ApiCreatedResponse({ type: QuarantineReceiptResponse, description: 'The message is in the quarantine.' })
  @Problems(...BODY_PROBLEMS, 'store.outcome-unknown')
  async quarantineMessage(
    @CurrentActor() { actor, channel }: Provenance,
    @Req() request: Request,
  ): Promise<QuarantineReceiptResponse> {
    let reference = '';
    await this.intakeMetrics.counted(channel, async () => {
      const { payload, reason } = await readBody(request, QuarantineMessageDto);
      const idempotency = idempotencyKeyOf(request, REPORT);
      if (!idempotency) throw missing('Idempotency-Key');
      if (channel === API_CHANNEL) throw missing('X-Channel');
      reference = idempotency.key;
      const named = { 'idempotency-key': reference, [KEY_SCOPE]: idempotency.scope, actor, channel };
      const headers = Object.entries(named).map(([name, value]) => [name, Buffer.from(value)] as const);
      const message = { channel, reference, payload: Buffer.from(payload), headers };
      await this.intake.quarantineUncounted(message, reason);
      return 'quarantined';
    });
    return { reference };
  }

  /** List the quarantine */
  @Get()
  @ApiOkResponse({
    type: [QuarantinedResponse],
    description: 'A page of the quarantine, oldest first.',
    headers: LINK,
  })
  async listQuarantined(
    @StrictQuery() { state, channel, after, limit }: QuarantineListQuery,
    @Req() request: Request,
  ): Promise<QuarantinedResponse[]> {
    if (channel !== undefined && !this.channels.has(channel)) {
      const detail = `channel must be one of ${this.channels.names.join(', ')}`;
      throw invalidInput('query', 'channel', detail);
    }
    const query = { state: state === 'all' ? undefined : state, channel, after, limit };
    const { messages, more } = await this.quarantine.page(query);
    setLinks(request, ['after'], { next: more ? `after=${messages.at(-1)!.id}` : undefined });
    return messages.map((message) => QuarantinedResponse.from(message));
  }

  /**
   * Get a payload
   * @remarks Returns the message verbatim, byte for byte.
   */
  @Get(':id/payload')
  @ApiProduces('application/octet-stream')
  @ApiOkResponse({
    description: 'The payload.',
    content: {
      'application/octet-stream': {
        schema: { type: 'string', format: 'binary' },
        example: '{"version": "5"}',
      },
    },
  })
  @Problems('quarantine.not-found')
  async getPayload(@Id() id: QuarantinedMessageId): Promise<StreamableFile> {
    const disposition = `attachment; filename="quarantine-${id}"`;
    return new StreamableFile(await this.quarantine.payload(id), { disposition });
  }

  /**
   * Retry
   * @remarks Processes the message again. It takes effect once, however often it is retried.
   */
  @Post(':id/retry')
  @HttpCode(200)
  @ProvenanceHeaders()
  @ApiOkResponse({ type: QuarantinedResponse, description: 'The message is processed.' })
  @Problems(
    'quarantine.not-found',
    'quarantine.already-resolved',
    'quarantine.retry-failed',
    'store.outcome-unknown',
  )
  async retryQuarantined(
    @Id() id: QuarantinedMessageId,
    @CurrentActor() { actor }: Provenance,
    @Req() request: Request,
  ): Promise<QuarantinedResponse> {
    requireNoIdempotencyKey(request, RESOLVED_ONCE);
    return QuarantinedResponse.from(await this.quarantine.retry(id, actor, request.accessKey!));
  }

  /**
   * Dismiss
   * @remarks Marks the message as useless. It stays stored until its retention ends.
   */
  @Post(':id/dismiss')
  @HttpCode(200)
  @ProvenanceHeaders()
  @ApiOkResponse({ type: QuarantinedResponse, description: 'The message is dismissed.' })
  @Problems('quarantine.not-found', 'quarantine.already-resolved', 'store.outcome-unknown')
  async dismissQuarantined(
    @Id() id: QuarantinedMessageId,
    @CurrentActor() { actor }: Provenance,
    @Req() request: Request,
  ): Promise<QuarantinedResponse> {
    requireNoIdempotencyKey(request, RESOLVED_ONCE);
    return QuarantinedResponse.from(await this.quarantine.dismiss(id, actor));
  }
}

const missing = (header: string) => invalidInput('header', header, `${header} is required`);
