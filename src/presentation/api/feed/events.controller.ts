import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { FollowFeed } from '../../../application/feed/follow-feed.js';
import { ReadEvents } from '../../../application/feed/read-events.js';
import { type FeedStart, formatPosition, parseFeedStart } from '../../../domain/feed/feed-position.js';
import { turnPause } from '../../../shared/event-loop-turns.js';
import { Needs } from '../../http/auth/access-key.guard.js';
import { reporterOf } from '../../http/auth/reporter.js';
import { workloadOf } from '../../http/auth/workload.js';
import { setLinks } from '../../http/paging/pagination.js';
import { COMMON_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';
import { invalidInput } from '../../http/problems/problems.js';
import { Draining } from '../../http/server/draining.js';
import { textOf, turnToAnswer } from '../../http/server/turn-to-answer.js';
import { StrictQuery } from '../../http/validation/known-query.guard.js';
import { EventStream } from './event-stream.js';
import { EventStreams } from './event-streams.js';
import { DescribeEvents, DescribeEventStream } from './feed.documentation.js';
import { EventsQuery, EventStreamQuery, FeedPageResponse, filterOf } from './feed.dto.js';
import { START_RULE } from './feed-start.js';

/** `/api/v1/events`: the events of all incidents, in one order. */
@ApiTags('Events')
@Needs('read-feed')
@Problems(...COMMON_PROBLEMS)
@Controller('api/v1/events')
export class EventsController {
  constructor(
    private readonly readEvents: ReadEvents,
    private readonly followFeed: FollowFeed,
    private readonly streams: EventStreams,
    private readonly draining: Draining,
  ) {}

  @Get()
  @DescribeEvents()
  async listEvents(@StrictQuery() query: EventsQuery, @Req() request: Request): Promise<FeedPageResponse> {
    const { after = 'oldest', limit, wait } = query;
    if (wait > 0) this.streams.beginPoll(request, request.res!);
    const page = await this.readEvents.execute(
      {
        start: parseFeedStart(after)!,
        filter: filterOf(query, reporterOf(request)),
        limit,
        waitMs: wait * 1_000,
        signal: this.endOf(request.res!),
        workload: workloadOf(request),
      },
      () => (request.waitsSince ??= performance.now()),
    );
    // An event answers all long polls at once.
    const pause = turnPause();
    if (pause) await pause;
    // The key may have become invalid while the request waited.
    await request.requireKeyAgain!(request);
    await turnToAnswer(request, page.events, ({ event }) => textOf(event));
    const next = page.hasMore ? `after=${formatPosition(page.next)}` : undefined;
    setLinks(request, ['after'], { next });
    return FeedPageResponse.from(page, reporterOf(request) === undefined);
  }

  @Get('stream')
  @DescribeEventStream()
  async streamEvents(
    @StrictQuery() query: EventStreamQuery,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const start = startOf(request, query);
    response.set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      // A proxy that compresses would buffer.
      'Cache-Control': 'no-store, no-transform',
      // nginx would otherwise buffer events until a buffer is full.
      'X-Accel-Buffering': 'no',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    this.streams.beginStream(request, response);
    request.waitsSince = performance.now();
    const reporter = reporterOf(request);
    const options = {
      start,
      filter: filterOf(query, reporter),
      mayRead: reporter === undefined,
      requireKeyAgain: () => request.requireKeyAgain!(request),
      signal: this.endOf(response),
      workload: workloadOf(request),
    };
    await new EventStream(this.followFeed, response, options).run();
    // A client that does not read would delay the shutdown.
    if (response.writableNeedDrain) response.destroy();
    else response.end();
  }

  /** Aborted when the client disconnects, and when the service starts to drain. */
  private endOf(response: Response): AbortSignal {
    const closed = new AbortController();
    response.once('close', () => closed.abort());
    return AbortSignal.any([this.draining.signal, closed.signal]);
  }
}

/** A browser that reconnects sends the id of the last event that it received. */
function startOf({ headers }: Request, { after = 'latest' }: EventStreamQuery): FeedStart {
  const lastEventId = headers['last-event-id'] || undefined;
  const start = parseFeedStart(String(lastEventId ?? after));
  if (start) return start;
  throw invalidInput('header', 'Last-Event-ID', `Last-Event-ID ${START_RULE}`);
}
