import { StreamableFile } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express, Response } from 'express';
import type { Config } from '../../../config/config.js';
import { createHttpServer } from './http-server.js';
import { allowMethod, answerNotFound } from './not-found.js';

/** A longer answer, in characters, is encoded apart from its headers. */
const MIN_BUFFERED_LENGTH = 2_048;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

type Register = (path: string, handler: Parameters<ExpressAdapter['get']>[1]) => unknown;

export interface Route {
  readonly method: string;
  /** As it was declared, such as `/api/v1/incidents/:id`. */
  readonly path: string;
}

/** Express as the service needs it: on a server with limits, with fast JSON answers, and with 405 beside 404. */
export class HttpAdapter extends ExpressAdapter {
  private readonly registered: Route[] = [];

  constructor(private readonly config: Config) {
    super();
    // Nest and Swagger always give a path.
    const registrations = this as unknown as Record<(typeof METHODS)[number], Register>;
    for (const method of METHODS) {
      const register = registrations[method].bind(this);
      registrations[method] = (path, handler) => {
        this.registered.push({ method: method.toUpperCase(), path });
        return register(path, handler);
      };
    }
  }

  override initHttpServer(): void {
    this.httpServer = createHttpServer(this.getInstance<Express>(), this.config);
  }

  /** All routes that were registered so far. Express has no public list of them. */
  get routes(): readonly Route[] {
    return this.registered;
  }

  /** Writes a JSON answer directly: Express would check its type and its freshness several times. */
  override reply(response: Response, answer: unknown, statusCode?: number): unknown {
    if (typeof answer !== 'object' || answer === null || answer instanceof StreamableFile) {
      return super.reply(response, answer, statusCode);
    }
    const json = JSON.stringify(answer);
    if (statusCode !== undefined) response.statusCode = statusCode;
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    // Node joins a string to the headers, counts it again and encodes both, which is costly for a long one.
    const body = json.length > MIN_BUFFERED_LENGTH ? Buffer.from(json) : json;
    // Node itself sends no length to HEAD, nor to HTTP/1.0, which proxies such as nginx use by default.
    response.setHeader('Content-Length', Buffer.byteLength(body));
    return response.end(body);
  }

  /** Nest calls this once all routes are registered. */
  override setNotFoundHandler(...args: Parameters<ExpressAdapter['setNotFoundHandler']>): void {
    const app = this.getInstance<Express>();
    for (const { method, path } of this.registered) app.all(path, allowMethod(method));
    app.use(answerNotFound);
    super.setNotFoundHandler(...args);
  }
}
