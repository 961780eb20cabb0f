import { KEY, logLines, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

describe('the request log', () => {
  let service: Service;

  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());
  beforeEach(() => void (logLines.length = 0));

  const lines = (): { status: number; suppressed?: number }[] =>
    logLines.map((line) => JSON.parse(line)).filter(({ context }) => context === 'Request');

  /** The line is logged once the answer is sent, which the client may notice first. */
  const line = async (): Promise<unknown> => {
    await until(() => lines().length > 0);
    expect(lines()).toHaveLength(1);
    return lines()[0];
  };

  it('has one line per request, without the secret and the body', async () => {
    const { headers } = await service.report({ description: 'a secret of the client' });
    expect(await line()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      context: 'Request',
      request_id: headers.get('x-request-id'),
      key: 'admin',
      method: 'POST',
      route: '/api/v1/incidents',
      status: 201,
      ms: expect.any(Number),
    });
    expect(logLines.join('')).not.toMatch(new RegExp(`secret|${KEY}`));
  });

  it('has the template of the route, and no key name without a key', async () => {
    await fetch(`${service.url}/api/v1/incidents/1?access_key=${KEY}`);
    const logged = await line();
    expect(logged).toMatchObject({ route: '/api/v1/incidents/:id', status: 401, client: '127.0.0.1' });
    expect(logged).not.toHaveProperty('key');
    expect(logLines.join('')).not.toContain(KEY);
  });

  it('has one line per second for client errors of one kind, with the number of suppressed ones', async () => {
    const reject = () =>
      fetch(`${service.url}/api/v1/incidents`, {
        headers: { 'X-Access-Key': KEY, 'X-Request-Id': 'one' },
        method: 'PUT',
      });
    const times = 200;
    await Promise.all(Array.from({ length: times }, reject));
    const counted = () => lines().reduce((sum, { suppressed = 0 }) => sum + 1 + suppressed, 0);
    await until(() => counted() >= times);
    expect(counted()).toBe(times);
    expect(lines().length).toBeLessThanOrEqual(4);
    expect(new Set(lines().map(({ status }) => status))).toEqual(new Set([405]));
  });

  it('has a line for each successful request', async () => {
    await Promise.all(Array.from({ length: 20 }, () => service.report()));
    await until(() => lines().length >= 20);
    expect(lines()).not.toContainEqual(expect.objectContaining({ suppressed: expect.anything() }));
  });
});
