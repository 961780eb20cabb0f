import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { link, requestHeader } from '../../http/openapi/header-documentation.js';
import { Problems } from '../../http/problems/problem-documentation.js';
import { FeedPageResponse } from './feed.dto.js';
import { START_SCHEMA } from './feed-start.js';

// The OpenAPI documentation of the event feed, separate from its routes.

const ORDER =
  'Every reader gets every event once and in the same order, and the events of an incident in their order. ' +
  'The feed begins with the oldest event that is retained; the history of an incident has all of its events. ' +
  'A key that may report but not read gets receipts, and only of the incidents that it reported.';

export const DescribeEvents = () =>
  applyDecorators(
    ApiOperation({
      summary: 'Read the event feed',
      description: `${ORDER} Without \`after\`, it begins with the oldest event.`,
    }),
    ApiOkResponse({
      type: FeedPageResponse,
      description: 'A page of events. The next one is read with its `next` as `after`, now or later.',
      headers: link('</api/v1/events?after=1795961234.1871>; rel="next"'),
    }),
    Problems('feed.position-gone'),
  );

const STREAM =
  'retry: 2000\n\n' +
  'event: heartbeat\nid: 1795961234.1870\ndata: {"position":"1795961234.1870"}\n\n' +
  'id: 1795961234.1871\n' +
  'data: {"position":"1795961234.1871","source":"monitoring","status":"NEW","origin":null,"duplicate_chats":[],"id":"17-1","incident_id":17,"seq":1,' +
  '"type":"reported","at":"2026-11-20T10:00:00.123Z","actor":"admin","channel":"rest","access_key":"admin",' +
  '"access_key_id":null,"text":"Самокат #42 оффлайн"}\n\n' +
  'event: reset\nid: 1795999999.1500\n' +
  'data: {"epoch":1795999999,"oldest":"1795999999.1500","latest":"1795999999.1900"}\n\n';

export const DescribeEventStream = () =>
  applyDecorators(
    ApiOperation({
      summary: 'Follow the event feed',
      description:
        `${ORDER} Without \`after\` and Last-Event-ID, it begins after the latest event. The data of an event is the same as in a page. ` +
        'An idle stream sends a `heartbeat` at least every 10 s; its id is the position up to which the stream has read. A `reset` ' +
        'says that events after the position were trimmed, or that the position is from an earlier epoch; the stream continues from ' +
        'the oldest event. The stream ends when the service stops: reconnect.',
    }),
    requestHeader(
      'Last-Event-ID',
      'The id of the last received event; it has precedence over `after`.',
      START_SCHEMA,
    ),
    ApiOkResponse({
      description: 'The stream.',
      content: { 'text/event-stream': { schema: { type: 'string' }, example: STREAM } },
    }),
  );
