import { Controller, Delete, Get, HttpCode, Put, Req } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import type { ConsumerManager } from '../../../application/feed/feed-consumers.js';
import { ManageConsumers } from '../../../application/feed/manage-consumers.js';
import { KEY_NAME } from '../../../domain/access/access-key.js';
import { hasPermission } from '../../../domain/access/role.js';
import { parseFeedStart } from '../../../domain/feed/feed-position.js';
import { Needs } from '../../http/auth/access-key.guard.js';
import { readBody } from '../../http/body/json-body.js';
import { requireNoIdempotencyKey } from '../../http/headers/idempotency-key.js';
import { NAME_RULE, NAME_SCHEMA } from '../../http/openapi/schemas.js';
import { BODY_PROBLEMS, COMMON_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';
import { PathText } from '../../http/validation/path-parameters.js';
import { ConsumerResponse, StoreConsumerDto } from './consumers.dto.js';

const Name = () =>
  PathText(KEY_NAME, NAME_RULE, {
    name: 'name',
    schema: { type: 'string', ...NAME_SCHEMA },
    example: 'mailer',
  });

const IDEMPOTENT = 'a retry has the same effect';

/** `/api/v1/consumers`: named readers of the event feed and their positions. */
@ApiTags('Events')
@Needs('read')
@Problems(...COMMON_PROBLEMS)
@Controller('api/v1/consumers')
export class ConsumersController {
  constructor(private readonly consumers: ManageConsumers) {}

  /**
   * List consumers
   * @remarks Each has its position and its lag.
   */
  @Get()
  @ApiOkResponse({ type: [ConsumerResponse], description: 'The consumers, by name.' })
  async listConsumers(): Promise<ConsumerResponse[]> {
    return (await this.consumers.list()).map((consumer) => ConsumerResponse.from(consumer));
  }

  /** Get a consumer */
  @Get(':name')
  @ApiOkResponse({ type: ConsumerResponse, description: 'The consumer, with its lag.' })
  @Problems('consumer.not-found')
  async getConsumer(@Name() name: string): Promise<ConsumerResponse> {
    return ConsumerResponse.from(await this.consumers.get(name));
  }

  /**
   * Store the position of a consumer
   * @remarks Creates the consumer if no consumer has this name. Position and metadata are stored together. The feed retains events that a consumer has not read, within limits.
   * Only the key that created a consumer, or an administrator, may change it.
   */
  @Put(':name')
  @ApiBody({ type: StoreConsumerDto })
  @ApiOkResponse({ type: ConsumerResponse, description: 'The position is stored.' })
  @ApiCreatedResponse({ type: ConsumerResponse, description: 'The consumer is created.' })
  @Problems(
    ...BODY_PROBLEMS,
    'feed.position-gone',
    'consumer.owned-by-another',
    'consumer.held-by-another',
    'consumer.limit-reached',
    'store.outcome-unknown',
  )
  async storeConsumer(@Name() name: string, @Req() request: Request): Promise<ConsumerResponse> {
    requireNoIdempotencyKey(request, IDEMPOTENT);
    const { position, metadata, holder } = await readBody(request, StoreConsumerDto);
    const progress = { position: parseFeedStart(position)!, metadata, holder };
    const { consumer, isNew } = await this.consumers.store(name, progress, managerOf(request));
    if (isNew) request.res!.status(201);
    return ConsumerResponse.from(consumer);
  }

  /**
   * Delete a consumer
   * @remarks The feed no longer retains events for it. Only the key that created a consumer, or an administrator, may delete it.
   */
  @Delete(':name')
  @HttpCode(204)
  @ApiNoContentResponse({ description: 'The consumer is deleted.' })
  @Problems('consumer.not-found', 'consumer.owned-by-another', 'store.outcome-unknown')
  async deleteConsumer(@Name() name: string, @Req() request: Request): Promise<void> {
    requireNoIdempotencyKey(request, IDEMPOTENT);
    await this.consumers.delete(name, managerOf(request));
  }
}

const managerOf = ({ accessKey }: Request): ConsumerManager => ({
  principal: accessKey!.principal,
  isAdmin: hasPermission(accessKey!.role, 'manage-keys'),
});
