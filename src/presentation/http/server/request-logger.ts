import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type NestMiddleware, type OnApplicationShutdown } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { Histogram, Registry } from 'prom-client';
import { Draining } from './draining.js';
import { LogThrottle } from './log-throttle.js';

/** Ids that may be taken over from a client: they go into headers, logs and answers as they are. */
const SANE_ID = /^[\w.:/+=@-]{1,128}$/;

/** How long the rest of a body that nobody reads may still take, in milliseconds. */
const LINGER = 5_000;

/**
 * Gives each request its id, and tells the log and the metrics how it went. Requests that succeed and faults of our own have a
 * line each; refusals, which a client can have as many of as it likes, one a second for each kind.
 */
@Injectable()
export class RequestLogger implements NestMiddleware, OnApplicationShutdown {
  private readonly logger = new Logger('Request');
  private readonly refusals = new LogThrottle<object>((line) => this.logger.log(line));
  private readonly durations: Histogram<'method' | 'route' | 'status'>;

  constructor(
    registry: Registry,
    private readonly draining: Draining,
  ) {
    this.durations = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the head of a request to the end of its answer, or until it waits for events.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [registry],
    });
  }

  use(request: Request, response: Response, next: NextFunction): void {
    const began = performance.now();
    const given = request.headers['x-request-id'];
    request.requestId = typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
    response.setHeader('X-Request-Id', request.requestId);
    if (this.draining.hasBegun) response.setHeader('Connection', 'close');
    this.draining.requestsInFlight++;
    response.once('finish', () => endUnread(request));
    response.once('close', () => {
      this.draining.requestsInFlight--;
      this.observe(request, response, performance.now() - began);
    });
    next();
  }

  private observe(request: Request, response: Response, milliseconds: number): void {
    const { method } = request;
    const route = routeOf(request);
    // What nginx logs as well when the client has gone before its answer was sent.
    const status = response.writableFinished ? response.statusCode : 499;
    const waitedMs = request.waitsSince === undefined ? 0 : performance.now() - request.waitsSince;
    this.durations.observe({ method, route, status }, (milliseconds - waitedMs) / 1_000);
    const line = {
      request_id: request.requestId,
      key: request.accessKey?.name,
      // Who has no key is known by the address alone.
      client: request.accessKey ? undefined : request.ip,
      method,
      route,
      status,
      ms: Math.round(milliseconds * 10) / 10,
    };
    // Probes come every few seconds and say the same; they would bury the rest.
    if (route.startsWith('/health') && status === 200) this.logger.debug(line);
    else if (status < 400 || status === 500) this.logger.log(line);
    else this.refusals.log(`${line.key} ${method} ${route} ${status}`, line);
  }

  onApplicationShutdown(): void {
    this.refusals.flush();
  }
}

/** A client that is answered while it still sends gets the time to read the answer, and no more than that. */
function endUnread(request: Request): void {
  if (!request.complete) setTimeout(() => request.complete || request.destroy(), LINGER).unref();
}

/** The route's template: a raw path would give every incident a series of its own. */
function routeOf(request: Request): string {
  const { path } = (request.route ?? {}) as { path?: unknown };
  return typeof path === 'string' ? path : 'unmatched';
}
