import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Histogram, Registry } from 'prom-client';
import { Draining } from './draining.js';
import { LogThrottle } from './log-throttle.js';
import { RequestLog } from './request-log.js';

/** Request ids that a client may choose: they are written to headers, logs and answers unescaped. */
const VALID_ID = /^[\w.:/+=@-]{1,128}$/;

/** How long a client that was answered early may go on sending its body. */
const UNREAD_BODY_TIMEOUT_MS = 5_000;

/**
 * Gives each request its id, logs it and measures it. Successful requests and internal errors have a line each. Client errors,
 * of which a client can cause any number, have one line per second for each kind.
 */
@Injectable()
export class RequestLogger implements OnApplicationShutdown {
  private readonly clientErrors = new LogThrottle<object>((line) => this.log.info(line));
  private readonly durations: Histogram<'method' | 'route' | 'status'>;

  constructor(
    registry: Registry,
    private readonly log: RequestLog,
    private readonly draining: Draining,
  ) {
    this.durations = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the headers of a request to the end of its response, or until it waits for events.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [registry],
    });
  }

  /** Called before anything else is done for a request. */
  begin(request: Request, response: Response): void {
    const startedAt = performance.now();
    const clientId = request.headers['x-request-id'];
    request.requestId = typeof clientId === 'string' && VALID_ID.test(clientId) ? clientId : randomUUID();
    response.setHeader('X-Request-Id', request.requestId);
    if (this.draining.hasBegun) response.setHeader('Connection', 'close');
    this.draining.requestsInFlight++;
    // A response is closed once: `once` would wrap each listener, and remove it.
    response.on('close', () => {
      this.draining.requestsInFlight--;
      if (!request.complete) closeUnread(request);
      this.record(request, response, performance.now() - startedAt);
    });
  }

  private record(request: Request, response: Response, durationMs: number): void {
    const { method } = request;
    const route = routeOf(request);
    // As nginx logs it: the client closed the connection before it got the answer.
    const status = response.writableFinished ? response.statusCode : 499;
    const waitedMs = request.waitsSince === undefined ? 0 : performance.now() - request.waitsSince;
    this.durations.observe({ method, route, status }, (durationMs - waitedMs) / 1_000);
    const line = {
      request_id: request.requestId,
      key: request.accessKey?.name,
      // Without a key, a client is known by its address only.
      client: request.accessKey ? undefined : request.ip,
      method,
      route,
      status,
      ms: Math.round(durationMs * 10) / 10,
    };
    // Probes come every few seconds, and would bury the rest.
    if (route.startsWith('/health') && status === 200) this.log.debug(line);
    else if (status < 400 || status === 500) this.log.info(line);
    else this.clientErrors.log(`${line.key} ${method} ${route} ${status}`, line);
  }

  onApplicationShutdown(): void {
    this.clientErrors.flush();
  }
}

/** Gives a client that was answered while it still sends time to read the answer, then closes the connection. */
function closeUnread(request: Request): void {
  setTimeout(() => request.complete || request.destroy(), UNREAD_BODY_TIMEOUT_MS).unref();
}

/** The template of the route: with the path, every incident would have its own time series. */
function routeOf(request: Request): string {
  const { path } = (request.route ?? {}) as { path?: unknown };
  return typeof path === 'string' ? path : 'unmatched';
}
