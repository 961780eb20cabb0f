import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Gauge, Registry } from 'prom-client';
import { Config } from '../../../config/config.js';
import { HttpProblem } from '../../http/problems/problems.js';
import { ConcurrentRequests } from '../../http/server/concurrent-requests.js';

/** When a client may try again to open a stream, in seconds. */
const RETRY_AFTER_S = 5;

/** Counts the streams of events that are open in this process, and bounds them. */
@Injectable()
export class EventStreams {
  private total = 0;
  private readonly byKey = new Map<string, number>();

  constructor(
    private readonly config: Config,
    private readonly concurrent: ConcurrentRequests,
    registry: Registry,
  ) {
    const total = () => this.total;
    void new Gauge({
      name: 'event_streams_open',
      help: 'Streams of events that are open.',
      registers: [registry],
      collect() {
        this.set(total());
      },
    });
  }

  /**
   * Counts a stream until its response is closed. It counts no longer as a request that is under way.
   * @throws HttpProblem where there are too many.
   */
  open({ accessKey }: Request, response: Response): void {
    const { MAX_EVENT_STREAMS: limit, MAX_EVENT_STREAMS_PER_KEY: limitOfKey } = this.config;
    const { name } = accessKey!;
    const ofKey = this.byKey.get(name) ?? 0;
    if (ofKey >= limitOfKey) throw tooMany(`The key ${name} has ${limitOfKey} streams open.`);
    if (this.total >= limit) throw tooMany(`There are ${limit} streams open.`);
    this.total++;
    this.byKey.set(name, ofKey + 1);
    response.once('close', () => this.closed(name));
    this.concurrent.release(response);
  }

  private closed(name: string): void {
    this.total--;
    const left = this.byKey.get(name)! - 1;
    if (left > 0) this.byKey.set(name, left);
    else this.byKey.delete(name);
  }
}

const tooMany = (detail: string) =>
  new HttpProblem('request.rate-limited', detail, {}, { 'Retry-After': String(RETRY_AFTER_S) });
