import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse as parseQuery } from 'node:querystring';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import type { Config } from '../config/config.js';
import { parseProxyList } from '../config/is-proxy-list.js';
import { ownHostCheck } from '../presentation/http/server/host-check.js';
import { HttpAdapter } from '../presentation/http/server/http-adapter.js';
import { requireValidMessage } from '../presentation/http/server/message-rules.js';
import { RequestLog } from '../presentation/http/server/request-log.js';
import { RequestLogger } from '../presentation/http/server/request-logger.js';
import { setApiHeaders } from '../presentation/http/server/security-headers.js';
import { StartupError } from '../shared/startup-error.js';
import type { ServiceLogger } from './logger.js';

/** A Nest application that serves the controllers of this module over HTTP, ready to listen. */
export async function createHttpApp(
  module: DynamicModule,
  config: Config,
  logger: ServiceLogger,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(
    withRequestLog(module, logger.childOf('Request')),
    new HttpAdapter(config),
    // Each route reads its own body. Errors reach `bootstrap`, which reports them.
    { bodyParser: false, abortOnError: false, logger },
  );
  app.disable('x-powered-by');
  // Only incidents have entity tags, and strong ones.
  app.disable('etag');
  // All of a query, however long: the default parser drops all after 1,000 parameters.
  app.set('query parser', (query: string) => parseQuery(query, '&', '=', { maxKeys: 0 }));
  app.set('trust proxy', parseProxyList(config.TRUSTED_PROXIES));
  const requestLogger = app.get(RequestLogger);
  const requireOwnHost = config.NODE_ENV === 'development' ? ownHostCheck(config) : undefined;
  // One middleware: each takes Express a microsecond of a request (ADR 27).
  app.use((request: Request, response: Response, next: NextFunction) => {
    requestLogger.begin(request, response);
    setApiHeaders(response);
    requireOwnHost?.(request);
    requireValidMessage(request, response);
    next();
  });
  return app;
}

function withRequestLog(module: DynamicModule, log: RequestLog): DynamicModule {
  return {
    module: RequestLogModule,
    global: true,
    imports: [module],
    providers: [{ provide: RequestLog, useValue: log }],
    exports: [RequestLog],
  };
}

@Module({})
class RequestLogModule {}

/** Where an application is to listen, and the variables that say so. */
interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly variables: string;
}

/**
 * Listens, and resolves with the URL.
 * @throws StartupError if the port cannot be opened.
 */
export async function listen(
  app: NestExpressApplication,
  { host, port, variables }: ListenOptions,
): Promise<string> {
  await app.init();
  const server: Server = app.getHttpServer();
  try {
    // `app.listen` would log the error as well.
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    // What runs in the background would fail when the database is closed.
    await app.close();
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'another program listens there' : message;
    throw new StartupError(`Port ${port} of ${host} cannot be opened (${reason}): set ${variables}.`, {
      cause: error,
    });
  }
  return urlOf(server.address() as AddressInfo);
}

/** The URL of a listening socket on this machine. */
export function urlOf({ address, port }: Pick<AddressInfo, 'address' | 'port'>): string {
  if (address === '0.0.0.0' || address === '::') return `http://localhost:${port}`;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}
