import { routesOf } from '../../support/routes.js';
import { fromElsewhere, KEY, type Service, startService } from '../../support/service.js';

const PUBLIC = ['/api/v1/session/options', '/health', '/health/live', '/health/ready', '/{*path}'];

/** Its token is the credential: see heartbeats.spec.ts. */
const PING = '/ping/';

/** It has the key in its body: see sessions.spec.ts. */
const SIGN_IN = 'POST /api/v1/session';

describe('access key authentication', () => {
  let service: Service;
  let routes: { method: string; path: string }[];

  beforeAll(async () => {
    service = await startService({
      environment: { TRUSTED_PROXIES: '127.0.0.1', SCRAPER_KEY: 'a-key-for-prometheus' },
    });
    await service.report();
    routes = routesOf(service).map(({ method, path }) => ({ method, path: path.replaceAll(/:\w+/g, '1') }));
  });
  afterAll(() => service.stop());

  const send = (headers: Record<string, string>, method = 'GET', path = '/api/v1/incidents') =>
    service.request(method, path, { headers: { 'X-Access-Key': '', ...fromElsewhere(), ...headers } });

  it('requires a key on every route except the public ones', async () => {
    expect(routes.length).toBeGreaterThanOrEqual(15);
    const isGuarded = ({ method, path }: (typeof routes)[number]) =>
      !PUBLIC.includes(path) && !path.startsWith(PING) && `${method} ${path}` !== SIGN_IN;
    for (const { method, path } of routes.filter(isGuarded)) {
      const answer = await fetch(service.url + path, { method, headers: fromElsewhere() });
      expect(`${method} ${path} ${answer.status}`).toBe(`${method} ${path} 401`);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="incidents"');
    }
  });

  it('accepts SCRAPER_KEY for /metrics only', async () => {
    const headers = { 'X-Access-Key': 'a-key-for-prometheus' };
    expect((await send(headers, 'GET', '/metrics')).status).toBe(200);
    expect((await send(headers, 'GET', '/api/v1/incidents')).status).toBe(403);
    expect((await send({ 'X-Access-Key': 'a-key-for-prometheuz' }, 'GET', '/metrics')).status).toBe(401);
  });

  it('serves the public routes without a key', async () => {
    expect(routes.map(({ path }) => path)).toEqual(expect.arrayContaining(PUBLIC));
    for (const path of PUBLIC) expect((await fetch(service.url + path)).status).toBe(200);
  });

  it.each([
    ['X-Access-Key', { 'X-Access-Key': KEY }],
    ['X-API-Key', { 'X-API-Key': KEY }],
    ['Authorization: Bearer', { Authorization: `Bearer ${KEY}` }],
    ['Authorization: bearer', { Authorization: `bearer ${KEY}` }],
  ])('accepts the key as %s', async (_, headers) => {
    const response = await fetch(`${service.url}/api/v1/incidents`, { headers });
    expect(response.status).toBe(200);
  });

  it.each<[string, Record<string, string>]>([
    ['empty', {}],
    ['wrong', { 'X-Access-Key': 'wrong' }],
    ['wrong by one letter', { 'X-Access-Key': `${KEY}x` }],
    ['in capitals', { 'X-Access-Key': KEY.toUpperCase() }],
    ['Basic', { Authorization: `Basic ${Buffer.from(`u:${KEY}`).toString('base64')}` }],
    ['wrong beside a valid one', { 'X-Access-Key': 'wrong', Authorization: `Bearer ${KEY}` }],
  ])('answers a key that is %s like a missing one', async (_, headers) => {
    const answer = await send(headers);
    expect(answer).toBeProblem('request.unauthorized');
    const without = await (
      await fetch(`${service.url}/api/v1/incidents`, { headers: fromElsewhere() })
    ).json();
    expect({ ...answer.body, request_id: '' }).toEqual({ ...(without as object), request_id: '' });
  });

  it('does not accept a key in the URL', async () => {
    const url = `${service.url}/api/v1/incidents?access_key=${KEY}`;
    expect((await fetch(url, { headers: fromElsewhere() })).status).toBe(401);
  });

  it('rejects a request without a key before it reads the body', async () => {
    const init = { method: 'POST', body: '{broken', headers: fromElsewhere() };
    const answer = await fetch(`${service.url}/api/v1/incidents`, init);
    expect(answer.status).toBe(401);
  });
});
