import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { openEventStream } from '../../support/event-stream.js';
import { repeatReport } from '../../support/feed.js';
import { killLeftovers, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };

describe('a service that gets SIGTERM', () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await aDatabase()));
  afterEach(killLeftovers);
  afterAll(() => database.drop());

  it('fails its readiness probe, finishes in-flight requests, and exits with 0', async () => {
    const service = run('api', { DATABASE_URL: database.url, SHUTDOWN_DELAY: '5' });
    const url = await service.ready();
    const path = `${url}/api/v1/incidents`;
    const body = '{"description":"a","source":"operator"}';

    // A request stays in flight until the test sends the rest of its body.
    const length = { 'Content-Length': body.length, Expect: '100-continue' };
    const slow = request(path, { method: 'POST', headers: { ...headers, ...length } });
    const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
    slow.flushHeaders();
    await once(slow, 'continue');
    slow.write(body.slice(0, 10));
    service.process.kill('SIGTERM');
    await until(async () => (await fetch(`${url}/health/ready`)).status === 503);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const meanwhile = await fetch(path, { method: 'POST', headers, body });
    expect(meanwhile.status).toBe(201);
    expect(meanwhile.headers.get('connection')).toBe('close');
    slow.end(body.slice(10));
    const [answer] = await answered;
    expect(answer.statusCode).toBe(201);
    answer.resume();
    expect(await service.ended()).toBe(0);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed');
  });

  it('does not wait for idle connections', async () => {
    const service = run('api', { DATABASE_URL: database.url });
    const { hostname, port } = new URL(await service.ready());
    const idle = connect(Number(port), hostname);
    await once(idle, 'connect');
    const beganAt = Date.now();
    expect(await service.end()).toBe(0);
    // The server closes a connection without headers after 10 s.
    expect(Date.now() - beganAt).toBeLessThan(9_000);
    idle.destroy();
  });

  it('stops within three seconds while ten pages follow the events', async () => {
    const service = run('api', { DATABASE_URL: database.url });
    const url = await service.ready();
    const streams = await Promise.all(Array.from({ length: 10 }, () => openEventStream(url, { headers })));
    await Promise.all(streams.map((stream) => stream.untilNamed('heartbeat')));
    const beganAt = Date.now();
    expect(await service.end()).toBe(0);
    expect(Date.now() - beganAt).toBeLessThan(3_000);
    await Promise.all(streams.map(({ ended }) => ended));
  });

  it('ends event streams immediately, even if the client does not read them', async () => {
    const service = run('api', { DATABASE_URL: database.url });
    const url = await service.ready();
    const stream = await openEventStream(url, { headers: { 'X-Access-Key': 'key' } });
    await stream.untilNamed('heartbeat');
    const [{ id }] = (await database.query<{ id: number }>(
      `INSERT INTO incidents (description, status, source, version, created_at, updated_at)
       VALUES ('a', 'NEW', 'operator', 1, now(), now()) RETURNING id::int`,
    )) as [{ id: number }];
    await database.query(
      `INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
       VALUES ($1, 1, 'reported', now(), 'a', repeat('a', 10000))`,
      [id],
    );
    const { hostname, port } = new URL(url);
    const unread = connect(Number(port), hostname);
    await once(unread, 'connect');
    unread.pause();
    unread.write('GET /api/v1/events/stream HTTP/1.1\r\nHost: a\r\nX-Access-Key: key\r\n\r\n');
    // 10 MB, more than the socket buffers hold.
    await repeatReport(database, id, 10);
    await stream.untilEvents(1_001, 60_000);
    const began = Date.now();
    expect(await service.end()).toBe(0);
    expect(Date.now() - began).toBeLessThan(5_000);
    await stream.ended;
    unread.destroy();
  }, 120_000);
});
