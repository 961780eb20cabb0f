import { parse as parseQuery } from 'node:querystring';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { DynamicModule, LoggerService } from '@nestjs/common';
import { ApiModule } from './api.module.js';
import type { Config } from '../config/config.js';
import { parseProxyList } from '../config/is-proxy-list.js';
import type { Channel } from '../presentation/channels/channel.js';
import { REGISTERED_CHANNELS } from '../presentation/channels/registered-channels.js';
import { requireOwnHost } from '../presentation/http/server/host-check.js';
import { HttpAdapter } from '../presentation/http/server/http-adapter.js';
import { requireValidMessage } from '../presentation/http/server/message-rules.js';
import { serveDocs } from '../presentation/http/openapi/openapi.js';
import { RequestLogger } from '../presentation/http/server/request-logger.js';
import { setSecurityHeaders } from '../presentation/http/server/security-headers.js';

/** The api on these adapters, ready to listen. */
export async function createApi(
  config: Config,
  infrastructure: DynamicModule,
  logger: LoggerService,
  channels: readonly Channel[] = REGISTERED_CHANNELS,
): Promise<NestExpressApplication> {
  const app = await createHttpApp(ApiModule.with(config, infrastructure, channels), config, logger);
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
    new HttpAdapter(config),
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
  if (config.NODE_ENV === 'development') app.use(requireOwnHost(config));
  setSecurityHeaders(app);
  app.use(requireValidMessage);
  return app;
}
