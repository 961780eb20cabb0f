import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
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
});
