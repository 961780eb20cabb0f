import { parse as parseQuery } from 'node:querystring';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { type DynamicModule, type LoggerService, StreamableFile } from '@nestjs/common';
import type { Express, Response } from 'express';
import { ApiModule } from './api.module.js';
import type { Config } from '../config/config.js';
import { parseProxyList } from '../config/is-proxy-list.js';
import { refuseOtherHosts } from '../presentation/http/server/host-check.js';
import { createHttpServer } from '../presentation/http/server/http-server.js';
import { requireHttp } from '../presentation/http/server/message-rules.js';
import { serveDocs } from '../presentation/http/openapi/openapi.js';
import { RequestLogger } from '../presentation/http/server/request-logger.js';
import { setSecurityHeaders } from '../presentation/http/server/security-headers.js';
import { answerNotFound } from '../presentation/http/server/not-found.js';

/** So many characters are better encoded apart from the head of their answer. */
const LONG_ANSWER = 2_048;

/** Express as the api needs it. */
class ApiAdapter extends ExpressAdapter {
  constructor(private readonly config: Config) {
    super();
  }

  override initHttpServer(): void {
    this.httpServer = createHttpServer(this.getInstance<Express>(), this.config);
  }

  /** Writes an answer of JSON at once; Express looks several times at the type and the freshness of whatever it may be. */
  override reply(response: Response, answer: unknown, statusCode?: number): unknown {
    if (typeof answer !== 'object' || answer === null || answer instanceof StreamableFile) {
      return super.reply(response, answer, statusCode);
    }
    const json = JSON.stringify(answer);
    if (statusCode !== undefined) response.statusCode = statusCode;
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    // A string is joined to the head, counted again and encoded with it, which is costly where it is long.
    const body = json.length > LONG_ANSWER ? Buffer.from(json) : json;
    // Node itself would say no length to HEAD, nor to HTTP/1.0, as which proxies such as nginx ask by default.
    response.setHeader('Content-Length', Buffer.byteLength(body));
    return response.end(body);
  }

  override setNotFoundHandler(...args: Parameters<ExpressAdapter['setNotFoundHandler']>): void {
    this.use(answerNotFound);
    super.setNotFoundHandler(...args);
  }
}

/** The api on these adapters, ready to listen. */
export async function createApi(
  config: Config,
  infrastructure: DynamicModule,
  logger: LoggerService,
): Promise<NestExpressApplication> {
  const app = await createHttpApp(ApiModule.with(config, infrastructure), config, logger);
  await serveDocs(app);
  return app;
}

/** A process that answers HTTP by the controllers of this module, as strictly as the api, ready to listen. */
export async function createHttpApp(
  module: DynamicModule,
  config: Config,
  logger: LoggerService,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(
    module,
    new ApiAdapter(config),
    // Bodies are read by the routes that want one. An error in here is for main to tell.
    { bodyParser: false, abortOnError: false, logger },
  );
  app.disable('x-powered-by');
  // Only incidents have entity tags, and strong ones.
  app.disable('etag');
  // All of a query, however long: by default what comes after 1,000 parameters is dropped.
  app.set('query parser', (query: string) => parseQuery(query, '&', '=', { maxKeys: 0 }));
  app.set('trust proxy', parseProxyList(config.TRUSTED_PROXIES));
  const observer = app.get(RequestLogger);
  app.use(observer.use.bind(observer));
  if (config.NODE_ENV === 'development') app.use(refuseOtherHosts(config));
  setSecurityHeaders(app);
  app.use(requireHttp);
  return app;
}
