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
import { type ApiBodyOptions, ApiExtraModels, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { AccessKeyVerifier } from '../../application/access/access-key-verifier.js';
import { Clock } from '../../application/operations/clock.js';
import { Config } from '../../config/config.js';
import { Intake, Needs } from '../http/auth/access-key.guard.js';
import { bodyOf, type KeyInBody, SenderKey, withoutSentKey } from '../http/auth/key-location.js';
import { unsupported } from '../http/body/json-body.js';
import { idempotencyKeyOf } from '../http/headers/idempotency-key.js';
import { HttpProblem } from '../http/problems/problems.js';
import { StrictQuery } from '../http/validation/known-query.guard.js';
import { IntakeCountsResponse } from '../intake/intake-counts.dto.js';
import { type AnswerFormat, AnswersIn, COUNTS } from './answer-format.js';
import type { Channel, ChannelExample } from './channel.js';
import type { ChannelReceiver, Parameters } from './channel-receiver.js';
import { HttpReceiver, type Translate } from './http-receiver.js';
import type { VerifySignature } from './signature.js';

type Schema = Extract<ApiBodyOptions, { schema: unknown }>['schema'];

/** A route of a channel: a POST. */
export interface ChannelRoute {
  /** Below the path of the channel, such as `v2/alerts/:identifier/close`; by default, that of the channel itself. */
  readonly path?: string;
  /** What it is for, appended to the id of the operation in the contract; the main route needs none. */
  readonly operation?: string;
  readonly summary: string;
  readonly description: string;
  /** The required and documented content type; by default, any type is accepted, and JSON is documented. */
  readonly contentType?: string;
  /** The documented content type, where others are accepted as well. */
  readonly documentedType?: string;
  /** The class of the query parameters; by default, there are none. */
  readonly query?: Type;
  /** The names of the headers that the translation needs. */
  readonly headers?: RegExp;
  /** By default, the contract says only that the body is an object, or a text. */
  readonly schema?: Schema;
  readonly examples: Readonly<Record<string, ChannelExample>>;
  /** By default, that of the channel. */
  readonly answers?: AnswerFormat;
}

interface HttpChannelBase {
  /** Also the path below `/api/v1/intake/`. */
  readonly name: string;
  /** Where the protocol has a field for the access key. */
  readonly keyInBody?: KeyInBody;
  /** The longest body, after decompression; by default `MAX_WEBHOOK_BODY_MIB`. */
  readonly maxBytes?: number;
  /** Where senders sign: required if the access key has a webhook secret. */
  readonly verifySignature?: VerifySignature;
  /** By default, the counts of outcomes, and problems. */
  readonly answers?: AnswerFormat;
}

/**
 * A channel that receives by HTTP POST. It needs the permission to report. Translations turn bodies into messages; `HttpReceiver` does the
 * rest. A receiver processes whole requests, for channels that do more.
 */
export type HttpChannelOptions = HttpChannelBase &
  (
    | (ChannelRoute & { readonly translate: Translate })
    | { readonly routes: readonly (ChannelRoute & { readonly translate: Translate })[] }
    | (ChannelRoute & {
        readonly receiver: Type<ChannelReceiver>;
        readonly providers?: readonly Provider[];
      })
  );

/** Declares a channel that receives by HTTP, with its guard, limits, metrics, quarantine, retries and API contract. */
export function httpChannel(options: HttpChannelOptions): Channel {
  const { name } = options;
  if ('receiver' in options) {
    const { receiver, providers = [], examples } = options;
    const controllers = [controllerOf(options, options, receiver)];
    return { name, examples, controllers, providers: [receiver, ...providers], retryHandler: receiver };
  }
  const routes = 'routes' in options ? options.routes : [options];
  const translations = new Map(routes.map(({ path = '', translate }) => [path, translate]));
  const provide = `receiver of ${name}`;
  const useFactory = (http: HttpReceiver) => http.of(name, translations);
  return {
    name,
    examples: Object.assign({}, ...routes.map(({ examples }) => examples)) as Channel['examples'] & object,
    controllers: routes.map((route) => controllerOf(options, route, provide)),
    providers: [{ provide, useFactory, inject: [HttpReceiver] }],
    retryHandler: provide,
  };
}

function controllerOf(
  { name, keyInBody, maxBytes, verifySignature, answers: format = COUNTS }: HttpChannelBase,
  {
    path = '',
    operation = '',
    summary,
    description,
    contentType,
    documentedType = contentType ?? 'application/json',
    query,
    headers,
    ...body
  }: ChannelRoute,
  receiver: InjectionToken,
): Type {
  const { answers = format, examples, schema = { type: contentType ? 'string' : 'object' } } = body;

  @ApiTags('Webhooks')
  @ApiExtraModels(IntakeCountsResponse)
  @Controller(`api/v1/intake/${name}`)
  class HttpChannelController {
    private readonly maxBytes: number;

    constructor(
      @Inject(receiver) private readonly channelReceiver: ChannelReceiver,
      @Inject(AccessKeyVerifier) private readonly verifier: AccessKeyVerifier,
      @Inject(Clock) private readonly clock: Clock,
      @Inject(Config) { MAX_WEBHOOK_BODY_MIB }: Config,
    ) {
      this.maxBytes = maxBytes ?? MAX_WEBHOOK_BODY_MIB * 1024 * 1024;
    }

    @Post(path)
    @HttpCode(answers.success.status)
    @Needs('report')
    @Intake()
    @SenderKey(keyInBody)
    @ApiOperation({
      operationId: operationIdOf(`${name}-${operation}`),
      summary,
      description,
      requestBody: { required: true, content: { [documentedType]: { schema, examples: { ...examples } } } },
    })
    @AnswersIn(answers)
    async receive(validatedQuery: unknown, @Req() request: Request): Promise<object> {
      const startedAt = performance.now();
      if (contentType && !request.is(contentType)) throw unsupported(request, contentType);
      const body = await bodyOf(request, this.maxBytes, keyInBody);
      if (verifySignature) await this.requireSignature(request, body, verifySignature);
      const received = await this.channelReceiver.receive({
        body: withoutSentKey(request, body),
        sender: request.accessKey!,
        route: path,
        parameters: parametersOf(request, validatedQuery, headers),
        idempotencyKey: idempotencyKeyOf(request, `POST /intake/${name}`)?.key,
      });
      return answers.success.of({ ...received, tookMs: performance.now() - startedAt });
    }

    /** @throws HttpProblem if the access key has a webhook secret, and the request no signature by it. */
    private async requireSignature(request: Request, body: Buffer, verify: VerifySignature): Promise<void> {
      const secret = await this.verifier.webhookSecretOf(request.accessKey!);
      if (secret === undefined) return;
      if (secret === null) throw UNREADABLE_SECRET;
      if (!verify({ headers: request.headers, body }, secret, this.clock.now())) throw UNSIGNED;
    }
  }

  const { prototype } = HttpChannelController;
  const handler = Object.getOwnPropertyDescriptor(prototype, 'receive')!;
  for (const [, parameter] of path.matchAll(/:(\w+)/g))
    ApiParam({ name: parameter!, schema: PATH_PARAMETER })(prototype, 'receive', handler);
  if (query) StrictQuery()(prototype, 'receive', 0);
  // Nest and Swagger read the class of the query from this metadata; TypeScript emits only types known at compile time.
  Reflect.defineMetadata('design:paramtypes', [query ?? Object, Object], prototype, 'receive');
  return HttpChannelController;
}

const UNREADABLE_SECRET = new HttpProblem(
  'request.unauthorized',
  'The webhook secret of the access key was set under another SIGNING_SECRET: set it again.',
);

const UNSIGNED = new HttpProblem(
  'request.unauthorized',
  'The request must have a signature by the webhook secret of the access key, and a current time if it names one.',
);

/** Not `.` and `..`, which clients remove from paths. */
const PATH_PARAMETER = { type: 'string', minLength: 1, maxLength: 512, pattern: '^[^.]' } as const;

function parametersOf(request: Request, validatedQuery: unknown, headers: RegExp | undefined): Parameters {
  const named = headers ? Object.entries(request.headers).filter(([name]) => headers.test(name)) : [];
  const all = Object.entries({
    ...request.params,
    ...(validatedQuery as object),
    ...Object.fromEntries(named),
  });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** `receiveCsv` of the channel `csv`. */
function operationIdOf(name: string): string {
  return `receive-${name}`.replaceAll(/-+([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());
}
