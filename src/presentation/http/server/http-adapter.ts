import { StreamableFile } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express, Response } from 'express';
import type { Config } from '../../../config/config.js';
import { createHttpServer } from './http-server.js';
import { allowMethod, answerNotFound } from './not-found.js';
import { SharedAnswer } from './shared-answer.js';

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

  /** Add the routes that come after those of the controllers: Express tries routes in the order in which they are added. */
  private readonly later: (() => void)[] = [];

  /** Add the routes that answer what no other route has. */
  private readonly fallbacks: (() => void)[] = [];

  constructor(private readonly config: Config) {
    super();
    // Nest and Swagger always give a path.
    const registrations = this as unknown as Record<(typeof METHODS)[number], Register>;
    for (const method of METHODS) {
      const register = registrations[method].bind(this);
      registrations[method] = (path, handler) => {
        const route = { method: method.toUpperCase(), path };
        this.registered.push(route);
        if (!isFallback(route)) return register(path, handler);
        this.fallbacks.push(() => register(path, handler));
        return undefined;
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

  /** Calls `register` once the routes of all controllers are registered: no request for one of those has to pass what it adds. */
  registerLater(register: () => void): void {
    this.later.push(register);
  }

  /** Writes a JSON answer directly: Express would check its type and its freshness several times. */
  override reply(response: Response, answer: unknown, statusCode?: number): unknown {
    if (typeof answer !== 'object' || answer === null || answer instanceof StreamableFile) {
      return super.reply(response, answer, statusCode);
    }
    const body = answer instanceof SharedAnswer ? answer.body(encode) : encode(answer);
    if (statusCode !== undefined) response.statusCode = statusCode;
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    // Node itself sends no length to HEAD, nor to HTTP/1.0, which proxies such as nginx use by default.
    response.setHeader('Content-Length', body.length);
    return response.end(body);
  }

  /** Nest calls this once all routes are registered. */
  override setNotFoundHandler(...args: Parameters<ExpressAdapter['setNotFoundHandler']>): void {
    for (const register of this.later) register();
    const app = this.getInstance<Express>();
    const routes = this.registered.filter((route) => !isFallback(route));
    for (const { method, path } of routes) app.route(path).all(allowMethod(method));
    // What is unknown below /api is no page.
    for (const segment of new Set(routes.map(({ path }) => path.split('/')[1]))) {
      app.use(`/${segment}`, answerNotFound);
    }
    for (const register of this.fallbacks) register();
    for (const { method, path } of this.registered.filter(isFallback))
      app.route(path).all(allowMethod(method));
    app.use(answerNotFound);
    super.setNotFoundHandler(...args);
  }
}

/** The JSON of an answer. Node would join a text to the headers, count it again, and widen all of it for one letter beyond Latin-1 (ADR 27). */
function encode(answer: object): Buffer {
  return Buffer.from(JSON.stringify(answer));
}

/** Whether a route is for every path whose first segment no other route has. */
function isFallback({ path }: Route): boolean {
  return path === '/{*path}';
}
