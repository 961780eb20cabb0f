import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Gauge, Registry } from 'prom-client';
import { Config } from '../../../config/config.js';
import { Counts } from '../../../shared/counts.js';
import { HttpProblem } from '../../http/problems/problems.js';
import { ConcurrentRequests } from '../../http/server/concurrent-requests.js';

/** The Retry-After of a rejected stream or long poll. */
const RETRY_AFTER_S = 5;

/** Counts and limits the event streams and long polls of this process: each costs memory, and a response per event. */
@Injectable()
export class EventStreams {
  private readonly open = { streams: 0, polls: 0 };
  private readonly byKey = new Counts();

  constructor(
    private readonly config: Config,
    private readonly concurrent: ConcurrentRequests,
    registry: Registry,
  ) {
    const { open } = this;
    void new Gauge({
      name: 'event_streams_open',
      help: 'Open event streams.',
      registers: [registry],
      collect() {
        this.set(open.streams);
      },
    });
    void new Gauge({
      name: 'event_polls_open',
      help: 'Requests that wait for events (long polls).',
      registers: [registry],
      collect() {
        this.set(open.polls);
      },
    });
  }

  /**
   * Counts a stream until its response closes. The stream no longer counts as an in-flight request.
   * @throws HttpProblem if there are too many streams and long polls.
   */
  beginStream(request: Request, response: Response): void {
    this.count('streams', request, response);
    this.concurrent.release(response);
  }

  /**
   * Counts a long poll until its response closes. It is also an in-flight request.
   * @throws HttpProblem if there are too many streams and long polls.
   */
  beginPoll(request: Request, response: Response): void {
    this.count('polls', request, response);
  }

  private count(kind: 'streams' | 'polls', { accessKey }: Request, response: Response): void {
    const { MAX_EVENT_STREAMS: limit, MAX_EVENT_STREAMS_PER_KEY: limitPerKey } = this.config;
    const { open, byKey } = this;
    const { name } = accessKey!;
    if (byKey.of(name) >= limitPerKey) throw tooMany(`The key ${name} has ${limitPerKey}`);
    if (open.streams + open.polls >= limit) throw tooMany(`There are ${limit}`);
    open[kind]++;
    byKey.increment(name);
    response.once('close', () => {
      open[kind]--;
      byKey.decrement(name);
    });
  }
}

const tooMany = (count: string) =>
  new HttpProblem(
    'request.rate-limited',
    `${count} open event streams and long polls.`,
    {},
    { 'Retry-After': String(RETRY_AFTER_S) },
  );
