import { Controller, Delete, Get, HttpCode, Param, Put, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { ConsumerManager } from '../../../application/feed/feed-consumers.js';
import { ManageConsumers } from '../../../application/feed/manage-consumers.js';
import { hasPermission } from '../../../domain/access/role.js';
import { parseFeedStart } from '../../../domain/feed/feed-position.js';
import { Needs } from '../../http/auth/access-key.guard.js';
import { readBody } from '../../http/body/json-body.js';
import { requireNoIdempotencyKey } from '../../http/headers/idempotency-key.js';
import { Problems } from '../../http/problems/problem.dto.js';
import { ConsumerNamePipe, DescribeName } from './consumer-name.pipe.js';
import { ConsumerResponse, StoreConsumerDto } from './feed.dto.js';

const Name = () => Param('name', new ConsumerNamePipe());

const IDEMPOTENT = 'a retry has the same effect';

/** `/api/v1/consumers`: named readers of the event feed and their positions. */
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

  @Get()
  @ApiOperation({
    summary: 'List consumers',
    description: 'Each has its position and its lag.',
  })
  @ApiOkResponse({ type: [ConsumerResponse], description: 'The consumers, by name.' })
  async listConsumers(): Promise<ConsumerResponse[]> {
    return (await this.consumers.list()).map((consumer) => ConsumerResponse.from(consumer));
  }

  @Get(':name')
  @ApiOperation({ summary: 'Get a consumer' })
  @DescribeName()
  @ApiOkResponse({ type: ConsumerResponse, description: 'The consumer, with its lag.' })
  @Problems('consumer.not-found')
  async getConsumer(@Name() name: string): Promise<ConsumerResponse> {
    return ConsumerResponse.from(await this.consumers.get(name));
  }

  @Put(':name')
  @ApiOperation({
    summary: 'Store the position of a consumer',
    description:
      'Creates the consumer if no consumer has this name. The feed retains events that a consumer has not read, within limits. ' +
      'Only the key that created a consumer, or an administrator, may change it.',
  })
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

  @Delete(':name')
  @ApiOperation({
    summary: 'Delete a consumer',
    description:
      'The feed no longer retains events for it. Only the key that created a consumer, or an administrator, may delete it.',
  })
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
