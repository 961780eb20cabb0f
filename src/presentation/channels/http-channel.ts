import {
  Controller,
  HttpCode,
  Inject,
  type InjectionToken,
  Post,
  type Provider,
  Req,
  type Type,
} from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { Config } from '../../config/config.js';
import { Intake, Needs } from '../http/auth/access-key.guard.js';
import { bodyOf, KeyIn, type KeyLocation } from '../http/auth/key-location.js';
import { unsupported } from '../http/body/json-body.js';
import { idempotencyKeyOf } from '../http/headers/idempotency-key.js';
import { AUTHENTICATION_PROBLEMS, Problems } from '../http/problems/problem-documentation.js';
import { StrictQuery } from '../http/validation/known-query.guard.js';
import { IntakeCountsResponse } from '../intake/intake-counts.dto.js';
import type { Channel, ChannelExample } from './channel.js';
import type { ChannelReceiver } from './channel-receiver.js';
import { HttpReceiver, type Translate } from './http-receiver.js';

interface HttpChannelBase {
  /** Also the path below `/api/v1/intake/`. */
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  /** The required and documented content type; by default, any type is accepted, and JSON is documented. */
  readonly contentType?: string;
  /** Where senders put their access key; by default, in the headers that all routes accept. */
  readonly keyIn?: KeyLocation;
  /** The class of the query parameters; by default, there are none. */
  readonly query?: Type;
  readonly examples: Readonly<Record<string, ChannelExample>>;
}

/** A channel that receives by HTTP POST. It needs the permission to report, and answers with the counts of outcomes. */
export type HttpChannelOptions = HttpChannelBase &
  (
    | {
        /** Translates a body into reports; `HttpReceiver` does the rest. */
        readonly translate: Translate;
      }
    | {
        /** Processes whole requests, for channels that do more than report. */
        readonly receiver: Type<ChannelReceiver>;
        readonly providers?: readonly Provider[];
      }
  );

/** Declares a channel that receives by HTTP, with its guard, limits, metrics, quarantine, retries and API contract. */
export function httpChannel(options: HttpChannelOptions): Channel {
  const { name, examples } = options;
  if ('receiver' in options) {
    const { receiver, providers = [] } = options;
    const controllers = [controllerOf(options, receiver)];
    return { name, examples, controllers, providers: [receiver, ...providers], retryHandler: receiver };
  }
  const provide = `receiver of ${name}`;
  const useFactory = (http: HttpReceiver) => http.of(name, options.translate);
  const providers = [{ provide, useFactory, inject: [HttpReceiver] }];
  return { name, examples, controllers: [controllerOf(options, provide)], providers, retryHandler: provide };
}

function controllerOf(
  { name, summary, description, contentType, keyIn, query, examples }: HttpChannelBase,
  receiver: InjectionToken,
): Type {
  const keyInPath = keyIn === 'path';

  @ApiTags('Webhooks')
  @Controller(`api/v1/intake/${name}`)
  class HttpChannelController {
    private readonly maxBytes: number;

    constructor(
      @Inject(receiver) private readonly channelReceiver: ChannelReceiver,
      @Inject(Config) { MAX_WEBHOOK_BODY_MIB }: Config,
    ) {
      this.maxBytes = MAX_WEBHOOK_BODY_MIB * 1024 * 1024;
    }

    @Post(keyInPath ? ':key' : '')
    @HttpCode(200)
    @Needs('report')
    @Intake()
    @KeyIn(keyIn)
    @ApiOperation({ operationId: operationIdOf(name), summary, description })
    @ApiConsumes(contentType ?? 'application/json')
    @ApiBody({ schema: { type: contentType ? 'string' : 'object' }, examples: { ...examples } })
    @ApiOkResponse({ type: IntakeCountsResponse, description: 'All reports are committed.' })
    @Problems(
      'request.invalid',
      ...AUTHENTICATION_PROBLEMS,
      'request.forbidden',
      'request.timeout',
      'request.body-too-large',
      'request.unsupported-media-type',
      'intake.rate-limited',
      'store.unavailable',
      'store.outcome-unknown',
    )
    async receive(validatedQuery: unknown, @Req() request: Request): Promise<IntakeCountsResponse> {
      if (contentType && !request.is(contentType)) throw unsupported(request, contentType);
      const body = await bodyOf(request, this.maxBytes);
      return this.channelReceiver.receive({
        body,
        sender: request.accessKey!,
        query: validatedQuery,
        idempotencyKey: idempotencyKeyOf(request, `POST /intake/${name}`)?.key,
      });
    }
  }

  const { prototype } = HttpChannelController;
  if (keyInPath) {
    const handler = Object.getOwnPropertyDescriptor(prototype, 'receive')!;
    ApiParam({ name: 'key', description: 'The access key.' })(prototype, 'receive', handler);
  }
  if (query) StrictQuery()(prototype, 'receive', 0);
  // Nest and Swagger read the class of the query from this metadata; TypeScript emits only types known at compile time.
  Reflect.defineMetadata('design:paramtypes', [query ?? Object, Object], prototype, 'receive');
  return HttpChannelController;
}

/** `receiveCsv` of the channel `csv`. */
function operationIdOf(name: string): string {
  return `receive-${name}`.replaceAll(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
