import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Gauge, Registry } from 'prom-client';
import { Config } from '../../../config/config.js';
import { Counts } from '../../../shared/counts.js';
import { HttpProblem } from '../../http/problems/problems.js';
import { ConcurrentRequests } from '../../http/server/concurrent-requests.js';

/** The Retry-After of a rejected stream. */
const RETRY_AFTER_S = 5;

/** Counts and limits the open event streams of this process. */
@Injectable()
export class EventStreams {
  private total = 0;
  private readonly byKey = new Counts();

  constructor(
    private readonly config: Config,
    private readonly concurrent: ConcurrentRequests,
    registry: Registry,
  ) {
    const total = () => this.total;
    void new Gauge({
      name: 'event_streams_open',
      help: 'Open event streams.',
      registers: [registry],
      collect() {
        this.set(total());
      },
    });
  }

  /**
   * Counts a stream until its response closes. The stream no longer counts as an in-flight request.
   * @throws HttpProblem if there are too many streams.
   */
  open({ accessKey }: Request, response: Response): void {
    const { MAX_EVENT_STREAMS: limit, MAX_EVENT_STREAMS_PER_KEY: limitPerKey } = this.config;
    const { name } = accessKey!;
    if (this.byKey.of(name) >= limitPerKey) throw tooMany(`The key ${name} has ${limitPerKey} open streams.`);
    if (this.total >= limit) throw tooMany(`There are ${limit} open streams.`);
    this.total++;
    this.byKey.increment(name);
    response.once('close', () => {
      this.total--;
      this.byKey.decrement(name);
    });
    this.concurrent.release(response);
  }
}

const tooMany = (detail: string) =>
  new HttpProblem('request.rate-limited', detail, {}, { 'Retry-After': String(RETRY_AFTER_S) });
