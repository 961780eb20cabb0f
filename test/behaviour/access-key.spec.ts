import type { Express } from 'express';
import { type Service, startService, KEY } from '../support/service.js';

const OPEN = ['/health', '/health/live', '/health/ready'];

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
}

describe('the access key', () => {
  let service: Service;
  let routes: { method: string; path: string }[];

  beforeAll(async () => {
    service = await startService();
    await service.report();
    const { stack } = (service.app.getHttpAdapter().getInstance() as Express).router as unknown as {
      stack: Layer[];
    };
    routes = stack
      .flatMap(({ route }) =>
        route ? Object.keys(route.methods).map((method) => ({ method, path: route.path })) : [],
      )
      .filter(({ path }) => !path.startsWith('/docs'))
      .map(({ method, path }) => ({ method: method.toUpperCase(), path: path.replaceAll(/:\w+/g, '1') }));
  });
  afterAll(() => service.stop());

  const send = (headers: Record<string, string>, method = 'GET', path = '/api/v1/incidents') =>
    service.request(method, path, { headers: { 'X-Access-Key': '', ...headers } });

  it('is needed on every route, but for health', async () => {
    expect(routes.length).toBeGreaterThanOrEqual(10);
    for (const { method, path } of routes.filter(({ path }) => !OPEN.includes(path))) {
      const answer = await fetch(service.url + path, { method });
      expect(`${method} ${path} ${answer.status}`).toBe(`${method} ${path} 401`);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="incidents"');
    }
  });

  it('is not needed for health', async () => {
    expect(routes.map(({ path }) => path)).toEqual(expect.arrayContaining(OPEN));
    for (const path of OPEN) expect((await fetch(service.url + path)).status).toBe(200);
  });

  it.each([
    ['X-Access-Key', { 'X-Access-Key': KEY }],
    ['X-API-Key', { 'X-API-Key': KEY }],
    ['Authorization: Bearer', { Authorization: `Bearer ${KEY}` }],
    ['Authorization: bearer', { Authorization: `bearer ${KEY}` }],
  ])('opens as %s', async (_, headers) => {
    const response = await fetch(`${service.url}/api/v1/incidents`, { headers });
    expect(response.status).toBe(200);
  });

  it.each<[string, Record<string, string>]>([
    ['empty', {}],
    ['wrong', { 'X-Access-Key': 'wrong' }],
    ['wrong by a letter', { 'X-Access-Key': `${KEY}x` }],
    ['in capitals', { 'X-Access-Key': KEY.toUpperCase() }],
    ['Basic', { Authorization: `Basic ${Buffer.from(`u:${KEY}`).toString('base64')}` }],
    ['wrong beside a right one', { 'X-Access-Key': 'wrong', Authorization: `Bearer ${KEY}` }],
  ])('does not open when it is %s, with the same answer as without', async (_, headers) => {
    const answer = await send(headers);
    expect(answer).toBeProblem('request.unauthorized');
    const without = await (await fetch(`${service.url}/api/v1/incidents`)).json();
    expect({ ...answer.body, request_id: '' }).toEqual({ ...(without as object), request_id: '' });
  });

  it('never comes in the URL', async () => {
    expect((await fetch(`${service.url}/api/v1/incidents?access_key=${KEY}`)).status).toBe(401);
  });

  it('is asked for before anything of the request is read', async () => {
    const answer = await fetch(`${service.url}/api/v1/incidents`, { method: 'POST', body: '{broken' });
    expect(answer.status).toBe(401);
  });
});
