import { jest } from '@jest/globals';
import { EventFeed } from '../../../src/application/feed/event-feed.js';
import type { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { type EventStreamReader, openEventStream } from '../../support/event-stream.js';
import { untilPlaced } from '../../support/feed.js';
import { type Answer, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

describe('many readers of the event feed', () => {
  let service: Service;
  const streams: EventStreamReader[] = [];

  const aKey = async (name: string, role = 'reader', on = service) => {
    const { status, body } = await on.request('POST', '/api/v1/keys', { json: { name, role } });
    expect(status).toBe(201);
    return { 'X-Access-Key': body.secret as string };
  };
  const pollCount = async (on = service) =>
    Number(/^event_polls_open (\d+)$/m.exec((await on.get('/metrics')).text)?.[1]);
  const open = async (headers: Record<string, string> = {}, on = service) => {
    const stream = await openEventStream(on.url, { headers });
    streams.push(stream);
    return stream;
  };
  const times = <Item>(count: number, make: (i: number) => Item) =>
    Array.from({ length: count }, (_, i) => make(i));

  beforeAll(async () => (service = await startService()));
  afterEach(() => {
    jest.restoreAllMocks();
    for (const stream of streams.splice(0)) stream.close();
  });
  afterAll(() => service.stop());

  it('get each event once and in order on 200 streams, and only their own on 100 streams of a reporter', async () => {
    const keys = [
      await aKey('reader-a'),
      await aKey('reader-b'),
      await aKey('reporter', 'reporter'),
    ] as const;
    const opened = await Promise.all(times(300, (i) => open(keys[i % 3])));
    expect(opened.map(({ status }) => status)).toEqual(times(300, () => 200));
    await Promise.all(opened.map((stream) => stream.untilNamed('heartbeat')));
    const all: string[] = [];
    const own: string[] = [];
    for (let i = 0; i < 20; i++) {
      const isOwn = i % 4 === 0;
      const { body } = await service.request('POST', '/api/v1/incidents', {
        headers: isOwn ? keys[2] : {},
        json: { description: `event ${i}`, source: 'monitoring' },
      });
      all.push(`${body.id}-1`);
      if (isOwn) own.push(`${body.id}-1`);
    }
    const idsOf = (stream: EventStreamReader) => stream.events().map(({ data }) => data.id as string);
    const expected = opened.map((_, i) => (i % 3 === 2 ? own : all));
    await until(() => opened.every((stream, i) => idsOf(stream).length >= expected[i]!.length));
    expect(opened.map(idsOf)).toEqual(expected);
  }, 60_000);

  describe('that wait at its end', () => {
    /** The statements that readers of the feed run meanwhile. */
    const countReads = () => {
      const { database } = service.app.get(EventFeed) as unknown as { database: Database };
      return jest.spyOn(database, 'query');
    };

    it('share their reads: at the start, after an event and at the timeout', async () => {
      await untilPlaced(service.database);
      const keys = await Promise.all(times(3, (i) => aKey(`poll-${i}`)));
      const reads = countReads();
      const { next } = (await service.get('/api/v1/events?after=latest')).body;
      const polls = times(150, (i) =>
        service.get(
          `/api/v1/events?after=${i % 2 ? 'latest' : next}&wait=3&incident=${1_000_000 + i}`,
          keys[i % 3],
        ),
      );
      await until(async () => (await pollCount()) === 150);
      await service.report();
      const answers = await Promise.all(polls);
      expect(answers.map(({ status }) => status)).toEqual(times(150, () => 200));
      expect(answers.flatMap(({ body }) => body.events)).toEqual([]);
      // Those that start at a position before the tail has reached it read for themselves; the tail reads 4 times a second.
      expect(reads.mock.calls.length).toBeLessThan(130);
    }, 30_000);

    it('need no read of their own at the position that others wait at', async () => {
      await untilPlaced(service.database);
      const { next } = (await service.get('/api/v1/events?after=latest')).body;
      const first = service.get(`/api/v1/events?after=${next}&wait=2`);
      await until(async () => (await pollCount()) === 1);
      const reads = countReads();
      await until(() => reads.mock.calls.length > 0);
      const answers = await Promise.all([
        first,
        ...times(90, (i) => service.get(`/api/v1/events?after=${next}&wait=1&incident=${2_000_000 + i}`)),
      ]);
      expect(answers.map(({ body }) => body.next)).toEqual(times(91, () => next));
      expect(reads.mock.calls.length).toBeLessThan(45);
    }, 30_000);

    it('get the first of the events, and read the others from `next`', async () => {
      await untilPlaced(service.database);
      const { next } = (await service.get('/api/v1/events?after=latest')).body;
      const path = (after: string) => `/api/v1/events?after=${after}&wait=10&limit=1`;
      const waiting = service.get(path(next));
      await until(async () => (await pollCount()) === 1);
      const { body } = await service.report();
      await service.patch(`/api/v1/incidents/${body.id}`, { description_append: 'b' });
      const ids: string[] = [];
      for (let page: Answer = await waiting; ; page = await service.get(path(page.body.next))) {
        ids.push(...page.body.events.map(({ id }: { id: string }) => id));
        if (ids.length === 2) break;
      }
      expect(ids).toEqual([`${body.id}-1`, `${body.id}-2`]);
    }, 30_000);
  });

  it('are rejected with 429 at once above the limits of streams and long polls together', async () => {
    const environment = {
      MAX_EVENT_STREAMS: '8',
      MAX_EVENT_STREAMS_PER_KEY: '5',
      MAX_CONCURRENT_REQUESTS_PER_KEY: '10',
    };
    const limited = await startService({ environment });
    try {
      const [mine, other] = [await aKey('mine', 'reader', limited), await aKey('other', 'reader', limited)];
      for (let i = 0; i < 2; i++) await open(mine, limited);
      const poll = (headers: Record<string, string>, wait = 30) =>
        limited.get(`/api/v1/events?after=latest&wait=${wait}`, headers);
      const waiting = times(3, () => poll(mine));
      await until(async () => (await pollCount(limited)) === 3);
      const began = performance.now();
      const rejected = await poll(mine);
      expect(rejected).toBeProblem('request.rate-limited');
      expect(rejected.headers.get('retry-after')).toBe('5');
      expect(await limited.get('/api/v1/events/stream', mine)).toBeProblem('request.rate-limited');
      expect((await poll(mine, 0)).status).toBe(200);
      const others = times(3, () => poll(other));
      await until(async () => (await pollCount(limited)) === 6);
      expect(await poll(other)).toBeProblem('request.rate-limited');
      expect(performance.now() - began).toBeLessThan(2_500);
      // An event answers all of them, however slow the machine is.
      await limited.report();
      expect((await Promise.all([...waiting, ...others])).map(({ status }) => status)).toEqual(
        times(6, () => 200),
      );
      await until(async () => (await pollCount(limited)) === 0);
      expect((await poll(mine, 1)).status).toBe(200);
    } finally {
      for (const stream of streams.splice(0)) stream.close();
      await limited.stop();
    }
  }, 60_000);
});
