import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { KEY, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

describe('the request log', () => {
  let service: Service;
  let log: jest.SpiedFunction<Logger['log']>;

  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());
  beforeEach(() => (log = jest.spyOn(Logger.prototype, 'log')));
  afterEach(() => log.mockRestore());

  /** The line is logged once the answer is sent, which the client may notice first. */
  const line = async (): Promise<unknown> => {
    await until(() => log.mock.calls.length > 0);
    expect(log).toHaveBeenCalledTimes(1);
    return log.mock.calls[0]![0];
  };

  it('has one line per request, without the secret and the body', async () => {
    const { headers } = await service.report({ description: 'a secret of the client' });
    expect(await line()).toEqual({
      request_id: headers.get('x-request-id'),
      key: 'admin',
      method: 'POST',
      route: '/api/v1/incidents',
      status: 201,
      ms: expect.any(Number),
    });
    expect(JSON.stringify(log.mock.calls)).not.toMatch(new RegExp(`secret|${KEY}`));
  });

  it('has the template of the route, and no key name without a key', async () => {
    await fetch(`${service.url}/api/v1/incidents/1?access_key=${KEY}`);
    expect(await line()).toMatchObject({
      route: '/api/v1/incidents/:id',
      status: 401,
      key: undefined,
      client: '127.0.0.1',
    });
    expect(JSON.stringify(log.mock.calls)).not.toContain(KEY);
  });

  it('has one line per second for client errors of one kind, with the number of suppressed ones', async () => {
    const reject = () =>
      fetch(`${service.url}/api/v1/incidents`, {
        headers: { 'X-Access-Key': KEY, 'X-Request-Id': 'one' },
        method: 'PUT',
      });
    const times = 200;
    await Promise.all(Array.from({ length: times }, reject));
    const lines = () => log.mock.calls.map(([logged]) => logged as { status: number; suppressed?: number });
    const counted = () => lines().reduce((sum, { suppressed = 0 }) => sum + 1 + suppressed, 0);
    await until(() => counted() >= times);
    expect(counted()).toBe(times);
    expect(lines().length).toBeLessThanOrEqual(4);
    expect(new Set(lines().map(({ status }) => status))).toEqual(new Set([405]));
  });

  it('has a line for each successful request', async () => {
    await Promise.all(Array.from({ length: 20 }, () => service.report()));
    await until(() => log.mock.calls.length >= 20);
    expect(log.mock.calls.map(([logged]) => logged)).not.toContainEqual(
      expect.objectContaining({ suppressed: expect.anything() }),
    );
  });
});
