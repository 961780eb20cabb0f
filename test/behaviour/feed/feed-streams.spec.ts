import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Draining } from '../../../src/presentation/http/server/draining.js';
import { type EventStreamReader, openEventStream } from '../../support/event-stream.js';
import { KEY, type Service, startService } from '../../support/service.js';
import { repeatReport } from '../../support/feed.js';
import { until } from '../../support/until.js';

/** Longer than the maximum interval between two heartbeats. */
const HEARTBEAT_TIMEOUT = 15_000;

describe('a stream of events', () => {
  let service: Service;
  const streams: EventStreamReader[] = [];

  const open = async (query = '', headers: Record<string, string> = {}, on = service) => {
    const stream = await openEventStream(on.url, { query, headers });
    streams.push(stream);
    return stream;
  };
  const report = async (json: Record<string, unknown> = {}) => (await service.report(json)).body.id as number;
  const idsOf = (events: readonly { data: any }[]) => events.map(({ data }) => data.id as string);
  const latest = async () => (await service.get('/api/v1/events?after=latest')).body.next as string;
  const openCount = async (on = service) =>
    Number(/^event_streams_open (\d+)$/m.exec((await on.get('/metrics')).text)?.[1]);

  beforeAll(async () => (service = await startService()));
  afterEach(async () => {
    for (const stream of streams.splice(0)) stream.close();
    await until(async () => (await openCount()) === 0);
  });
  afterAll(() => service.stop());

  it('begins after the latest event, sends that position immediately, and sends each event as in a page', async () => {
    await report();
    await until(async () => (await service.get('/api/v1/events')).body.events.length === 1);
    const start = await latest();
    const stream = await open();
    expect(stream.status).toBe(200);
    expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.headers.get('x-accel-buffering')).toBe('no');
    expect(stream.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(await stream.untilNamed('heartbeat', 2_000)).toEqual({
      name: 'heartbeat',
      id: start,
      data: { position: start },
    });
    const began = performance.now();
    const id = await report({ description: 'строка\nи ещё' });
    const [event] = await stream.untilEvents(1);
    expect(performance.now() - began).toBeLessThan(1_000);
    const { body } = await service.get(`/api/v1/events?after=${start}`);
    expect(event).toEqual({ name: 'message', id: body.next, data: body.events[0] });
    expect(event!.data).toMatchObject({ id: `${id}-1`, text: 'строка\nи ещё' });
  });

  it('resumes after the Last-Event-ID', async () => {
    const before = await latest();
    const ids = [await report(), await report(), await report()].map((id) => `${id}-1`);
    const first = await open(`?after=${before}`);
    const events = await first.untilEvents(3);
    expect(idsOf(events)).toEqual(ids);
    first.close();
    // A browser reconnects to the same URL, so the header has precedence.
    const second = await open(`?after=${before}`, { 'Last-Event-ID': events[0]!.id! });
    expect(idsOf(await second.untilEvents(2))).toEqual(ids.slice(1));
    const all = await open('?after=oldest');
    await until(async () => all.events().length > 3);
    expect(idsOf(all.events())).toEqual(
      idsOf(all.events()).filter((id, i, found) => found.indexOf(id) === i),
    );
  });

  it('sends existing and new events that match its filter', async () => {
    const before = await latest();
    const there = await report({ source: 'partner' });
    await report({ source: 'operator' });
    const stream = await open(`?after=${before}&source=partner&status=IN_PROGRESS,NEW`);
    await stream.untilEvents(1);
    const id = await report({ source: 'partner' });
    await report({ source: 'operator' });
    for (const status of ['IN_PROGRESS', 'RESOLVED'])
      await service.patch(`/api/v1/incidents/${id}/status`, { status });
    const last = await report({ source: 'partner' });
    expect(idsOf(await stream.untilEvents(4))).toEqual([`${there}-1`, `${id}-1`, `${id}-2`, `${last}-1`]);
    const ofOne = await open(`?incident=${id}`);
    await ofOne.untilNamed('heartbeat');
    await report();
    await service.patch(`/api/v1/incidents/${id}/status`, { status: 'CLOSED' });
    expect(idsOf(await ofOne.untilEvents(1))).toEqual([`${id}-4`]);
  });

  it('sends heartbeats that allow resuming, even if its filter excludes all events', async () => {
    const stream = await open('?status=CLOSED');
    await stream.untilNamed('heartbeat');
    await report();
    const began = performance.now();
    await until(() => stream.received.length > 1, { timeoutMs: HEARTBEAT_TIMEOUT });
    expect(performance.now() - began).toBeLessThan(HEARTBEAT_TIMEOUT);
    const [, second] = stream.received;
    expect(second).toMatchObject({ name: 'heartbeat', id: await latest() });
  });

  it('sends a reset for a position of another epoch, and continues from the oldest event', async () => {
    const [epoch] = (await latest()).split('.');
    const stream = await open('', { 'Last-Event-ID': '1.1' });
    const reset = await stream.untilNamed('reset');
    expect(reset.id).toBe(reset.data.oldest);
    expect(reset.data).toMatchObject({ epoch: Number(epoch), latest: await latest() });
    const { body } = await service.get('/api/v1/events?limit=1');
    expect((await stream.untilEvents(1))[0]!.id).toBe(body.events[0].position);
  });

  it('sends a reset when the epoch changes or its events are trimmed while it is open', async () => {
    const stream = await open();
    await stream.untilNamed('heartbeat');
    await service.database.query('UPDATE feed_state SET epoch = epoch + 1');
    const { data } = await stream.untilNamed('reset', HEARTBEAT_TIMEOUT);
    expect(data.latest).toBe(await latest());
    // As if ten events had been placed and trimmed before it read them.
    await service.database.query('UPDATE feed_state SET latest = latest + 10, trimmed_to = latest + 10');
    await until(() => stream.received.filter(({ name }) => name === 'reset').length === 2);
    const id = await report();
    await until(() => idsOf(stream.events()).includes(`${id}-1`));
  });

  it.each(['x', '1', '1.-1'])('is rejected with 400 for the Last-Event-ID %s', async (id) => {
    const answer = await service.request('GET', '/api/v1/events/stream', {
      headers: { 'Last-Event-ID': id },
    });
    expect(answer).toBeProblem('request.invalid');
    expect(answer.body.errors).toMatchObject([{ in: 'header', pointer: '/Last-Event-ID' }]);
  });

  it('responds to HEAD with headers only', async () => {
    const answer = await service.request('HEAD', '/api/v1/events/stream');
    expect(answer).toMatchObject({ status: 200, text: '' });
  });

  describe('for a key that may not read', () => {
    const aKey = async (role: string, name: string) => {
      const { body } = await service.request('POST', '/api/v1/keys', { json: { name, role } });
      return { id: body.id as number, headers: { 'X-Access-Key': body.secret as string } };
    };
    const reportAs = async (headers: Record<string, string>) => {
      const json = { description: 'a secret', source: 'partner' };
      return (await service.request('POST', '/api/v1/incidents', { headers, json })).body.id as number;
    };

    it('sends receipts only of the incidents that the key reported', async () => {
      const [mine, other] = [await aKey('reporter', 'mine'), await aKey('reporter', 'other')];
      const after = await latest();
      const stream = await open('', mine.headers);
      const others = await open('', other.headers);
      await Promise.all([stream, others].map((each) => each.untilNamed('heartbeat')));
      const id = await reportAs(mine.headers);
      const foreign = await reportAs(other.headers);
      await report();
      await service.patch(`/api/v1/incidents/${id}`, {
        status: 'IN_PROGRESS',
        description_append: 'among operators',
      });
      const events = await stream.untilEvents(3);
      expect(idsOf(events)).toEqual([1, 2, 3].map((seq) => `${id}-${seq}`));
      expect(idsOf(await others.untilEvents(1))).toEqual([`${foreign}-1`]);
      expect(events[1]!.data).toEqual({
        position: events[1]!.id,
        id: `${id}-2`,
        incident_id: id,
        seq: 2,
        type: 'status_changed',
        at: expect.any(String),
        source: 'partner',
        status: 'IN_PROGRESS',
      });
      expect(JSON.stringify(events)).not.toMatch(/among operators|admin|a secret/);
      const { body } = await service.get(`/api/v1/events?after=${after}`, mine.headers);
      expect(body.events).toEqual(events.map(({ data }) => data));
      expect(
        (await service.get(`/api/v1/events?after=${after}&incident=${foreign}`, mine.headers)).body.events,
      ).toEqual([]);
      // A rotated key has the same principal.
      const rotated = await service.request('POST', `/api/v1/keys/${mine.id}/rotate`);
      const again = await service.get(`/api/v1/events?after=${after}`, {
        'X-Access-Key': rotated.body.secret,
      });
      expect(again.body.events).toHaveLength(3);
    });

    it('ends when the key is revoked', async () => {
      const { id, headers } = await aKey('reader', 'revoked');
      const stream = await open('', headers);
      await stream.untilNamed('heartbeat');
      await service.request('POST', `/api/v1/keys/${id}/revoke`);
      const began = performance.now();
      await stream.ended;
      expect(performance.now() - began).toBeLessThan(5_000);
      const count = stream.events().length;
      await report();
      expect(stream.events()).toHaveLength(count);
    });

    it('rejects a key of the role scraper with 403', async () => {
      const { headers } = await aKey('scraper', 'scraper');
      for (const path of ['/api/v1/events', '/api/v1/events/stream'])
        expect(await service.get(path, headers)).toBeProblem('request.forbidden');
    });
  });

  describe('beside clients that read slowly', () => {
    const unread: Socket[] = [];
    afterEach(() => {
      for (const socket of unread.splice(0)) socket.destroy();
    });

    /** Requests a stream, and does not read the response. */
    const openUnread = async (after: string): Promise<Socket> => {
      const { hostname, port } = new URL(service.url);
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      socket.pause();
      unread.push(socket);
      socket.write(
        `GET /api/v1/events/stream?after=${after} HTTP/1.1\r\nHost: a\r\nX-Access-Key: ${KEY}\r\n\r\n`,
      );
      return socket;
    };

    it('is not delayed; nothing is buffered for a slow client, which gets all events once it reads', async () => {
      const server: Socket[] = [];
      service.app.getHttpServer().on('connection', (socket: Socket) => server.push(socket));
      const id = await report({ description: 'я'.repeat(9_000) });
      await until(async () => (await service.get(`/api/v1/events?incident=${id}`)).body.events.length === 1);
      const after = await latest();
      const slow = await openUnread(after);
      const quick = await open(`?after=${after}`);
      await quick.untilNamed('heartbeat');
      let most = 0;
      const watching = setInterval(
        () => (most = Math.max(most, ...server.map(({ writableLength }) => writableLength))),
        5,
      );
      // The same event 2,000 times: 40 MB, more than the socket buffers hold.
      await repeatReport(service.database, id, 20);
      const marker = await report();
      await quick.untilEvents(2_001);
      expect(idsOf(quick.events()).at(-1)).toBe(`${marker}-1`);
      let text = '';
      slow.on('data', (chunk) => (text += chunk.toString('latin1')));
      slow.resume();
      await until(() => text.includes(`"id":"${marker}-1"`));
      clearInterval(watching);
      // Without the chunk headers of HTTP.
      const blocks = text.replaceAll(/\r\n[\da-f]+\r\n/g, '').split('\n\n');
      const received = blocks.flatMap((block) => /^id: (\S+)\ndata: /.exec(block)?.[1] ?? []);
      expect(received).toEqual(quick.events().map(({ id: at }) => at));
      expect(most).toBeLessThan(1024 * 1024);
    }, 60_000);

    it('no longer counts a client that has disconnected', async () => {
      const socket = await openUnread('oldest');
      await until(async () => (await openCount()) === 1);
      socket.destroy();
      await until(async () => (await openCount()) === 0);
    });
  });

  describe('with limits', () => {
    let limited: Service;
    beforeAll(async () => {
      const environment = {
        MAX_EVENT_STREAMS: '14',
        MAX_EVENT_STREAMS_PER_KEY: '12',
        MAX_CONCURRENT_REQUESTS_PER_KEY: '10',
      };
      limited = await startService({ environment });
    });
    afterAll(() => limited.stop());

    it('does not count as an in-flight request, and is rejected with 429 above the limits', async () => {
      const mine = await Promise.all(Array.from({ length: 12 }, () => open('', {}, limited)));
      expect(mine.map(({ status }) => status)).toEqual(mine.map(() => 200));
      expect(await limited.get('/api/v1/events/stream')).toBeProblem('request.rate-limited');
      expect((await limited.report()).status).toBe(201);
      const { body } = await limited.request('POST', '/api/v1/keys', {
        json: { name: 'other', role: 'reader' },
      });
      const headers = { 'X-Access-Key': body.secret as string };
      for (let i = 0; i < 2; i++) expect((await open('', headers, limited)).status).toBe(200);
      const rejected = await limited.get('/api/v1/events/stream', headers);
      expect(rejected).toBeProblem('request.rate-limited');
      expect(rejected.headers.get('retry-after')).toBe('5');
      mine[0]!.close();
      await until(async () => (await openCount(limited)) === 13);
      expect((await open('', headers, limited)).status).toBe(200);
    });

    it('ends when the service starts to drain, as does a waiting page', async () => {
      for (const stream of streams.splice(0)) stream.close();
      await until(async () => (await openCount(limited)) === 0);
      const stream = await open('', {}, limited);
      await stream.untilNamed('heartbeat');
      const waiting = limited.get('/api/v1/events?after=latest&wait=30');
      const began = performance.now();
      await until(() => limited.app.get(Draining).requestsInFlight === 2);
      limited.app.get(Draining).begin();
      await stream.ended;
      expect((await waiting).body.events).toEqual([]);
      expect(performance.now() - began).toBeLessThan(2_000);
      // A stream that is opened meanwhile ends too.
      await (
        await open('', {}, limited)
      ).ended;
    });
  });
});
