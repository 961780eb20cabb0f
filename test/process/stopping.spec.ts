import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { aDatabase, type TestDatabase } from '../support/databases.js';
import { killLeftovers, run } from '../support/processes.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };

describe('a service that is told to stop', () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await aDatabase()));
  afterEach(killLeftovers);
  afterAll(() => database.drop());

  it('turns its probe, finishes the requests in flight, and ends with 0', async () => {
    const service = run('api', { DATABASE_URL: database.url, SHUTDOWN_DELAY: '2' });
    const url = await service.ready();
    const report = () =>
      fetch(`${url}/api/v1/incidents`, {
        method: 'POST',
        headers,
        body: '{"description":"a","source":"operator"}',
      });
    const { id } = (await (await report()).json()) as { id: number };

    // A change that waits for a lock is in flight for as long as the test wants.
    await database.query('BEGIN');
    await database.query('SELECT FROM incidents FOR UPDATE');
    const change = fetch(`${url}/api/v1/incidents/${id}`, {
      method: 'PATCH',
      headers,
      body: '{"description_append":"b"}',
    });
    await sleep(200);
    service.process.kill('SIGTERM');
    await sleep(200);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const meanwhile = await report();
    expect(meanwhile.status).toBe(201);
    expect(meanwhile.headers.get('connection')).toBe('close');
    await database.query('COMMIT');
    expect((await change).status).toBe(200);
    expect(await service.ended()).toBe(0);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed');
  });

  it('does not wait for connections that ask nothing', async () => {
    const service = run('api', { DATABASE_URL: database.url });
    const { hostname, port } = new URL(await service.ready());
    const idle = connect(Number(port), hostname);
    await sleep(100);
    const began = Date.now();
    expect(await service.end()).toBe(0);
    expect(Date.now() - began).toBeLessThan(5_000);
    idle.destroy();
  });
});
