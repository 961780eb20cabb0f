import { Controller, Delete, Get, HttpCode, Param, Put, Req, Res } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { type ConsumerManager, ManageConsumers } from '../../../application/feed/manage-consumers.js';
import { hasPermission } from '../../../domain/access/role.js';
import { parseFeedStart } from '../../../domain/feed/feed-position.js';
import { Needs } from '../../http/auth/access-key.guard.js';
import { readBody } from '../../http/body/json-body.js';
import { requireNoIdempotencyKey } from '../../http/headers/idempotency-key.js';
import { Problems } from '../../http/problems/problem.dto.js';
import { ConsumerNamePipe, DescribeName } from './consumer-name.pipe.js';
import { ConsumerResponse, StoreConsumerDto } from './feed.dto.js';

const Name = () => Param('name', new ConsumerNamePipe());

const IDEMPOTENT = 'sent again, it does the same';

/** `/api/v1/consumers`: up to where named readers have read the event feed. */
@ApiTags('Events')
@Needs('read')
@Problems(
  'request.invalid',
  'request.unauthorized',
  'request.forbidden',
  'request.rate-limited',
  'store.unavailable',
)
@Controller('api/v1/consumers')
export class ConsumersController {
  constructor(private readonly consumers: ManageConsumers) {}

  /** List the consumers of the feed, and how far they are behind. */
  @Get()
  @ApiOkResponse({ type: [ConsumerResponse], description: 'The consumers, by name.' })
  async listConsumers(): Promise<ConsumerResponse[]> {
    return (await this.consumers.list()).map((consumer) => ConsumerResponse.from(consumer));
  }

  /** Show a consumer. */
  @Get(':name')
  @DescribeName()
  @ApiOkResponse({ type: ConsumerResponse, description: 'The consumer, and how far it is behind.' })
  @Problems('consumer.not-found')
  async getConsumer(@Name() name: string): Promise<ConsumerResponse> {
    return ConsumerResponse.from(await this.consumers.get(name));
  }

  /**
   * Store the position of a consumer, and create the consumer where there is none. The feed keeps what a consumer has not read, within
   * limits. A consumer belongs to the key that created it; an admin may change all.
   */
  @Put(':name')
  @DescribeName()
  @ApiBody({ type: StoreConsumerDto })
  @ApiOkResponse({ type: ConsumerResponse, description: 'The position is stored.' })
  @ApiCreatedResponse({ type: ConsumerResponse, description: 'The consumer is created.' })
  @Problems(
    'request.malformed-body',
    'request.timeout',
    'request.body-too-large',
    'request.unsupported-media-type',
    'feed.position-gone',
    'consumer.owned-by-another',
    'consumer.limit-reached',
    'store.outcome-unknown',
  )
  async storeConsumer(
    @Name() name: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ConsumerResponse> {
    requireNoIdempotencyKey(request, IDEMPOTENT);
    const { position } = await readBody(request, response, StoreConsumerDto);
    const start = parseFeedStart(position)!;
    const { consumer, isNew } = await this.consumers.store(name, start, managerOf(request));
    if (isNew) response.status(201);
    return ConsumerResponse.from(consumer);
  }

  /** Delete a consumer: the feed keeps nothing for it any more. The key that created it and admins may do so. */
  @Delete(':name')
  @HttpCode(204)
  @DescribeName()
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
