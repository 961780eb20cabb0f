import { parse as parseQuery } from 'node:querystring';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import type { DynamicModule, LoggerService } from '@nestjs/common';
import { AppModule } from './app.module.js';
import type { Config } from './config/config.js';
import { serveDocs } from './presentation/http/openapi.js';
import { RequestObserver } from './presentation/http/request-observer.js';
import { answerUnmatched } from './presentation/http/unmatched.js';

/** Express as the api needs it. */
class ApiAdapter extends ExpressAdapter {
  override setNotFoundHandler(...args: Parameters<ExpressAdapter['setNotFoundHandler']>): void {
    this.use(answerUnmatched);
    super.setNotFoundHandler(...args);
  }
}

/** The api on these adapters, ready to listen. */
export async function createApi(
  config: Config,
  infrastructure: DynamicModule,
  logger: LoggerService,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.with(config, infrastructure),
    new ApiAdapter(),
    // Bodies are read by the routes that want one. An error in here is for main to tell.
    { bodyParser: false, abortOnError: false, logger },
  );
  app.disable('x-powered-by');
  // Only incidents have entity tags, and strong ones.
  app.disable('etag');
  // All of a query, however long: by default what comes after 1,000 parameters is dropped.
  app.set('query parser', (query: string) => parseQuery(query, '&', '=', { maxKeys: 0 }));
  const observer = app.get(RequestObserver);
  app.use(observer.use.bind(observer));
  await serveDocs(app);
  return app;
}
