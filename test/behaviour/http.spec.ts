import { connect } from 'node:net';
import { type Service, startService } from '../support/service.js';

describe('HTTP', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
    await service.report();
  });
  afterAll(() => service.stop());

  it.each(['/', '/nope', '/api/v1', '/api/v1/incident', '/api/v1/incidents/1/nope', '/api/v2/incidents'])(
    'knows nothing at %s',
    async (path) => {
      expect(await service.get(path)).toBeProblem('request.no-such-route');
      expect((await service.request('OPTIONS', path)).status).toBe(404);
    },
  );

  it.each([
    ['DELETE', '/api/v1/incidents', 'GET, HEAD, OPTIONS, POST'],
    ['PUT', '/api/v1/incidents/1', 'GET, HEAD, OPTIONS, PATCH'],
    ['DELETE', '/api/v1/incidents/1', 'GET, HEAD, OPTIONS, PATCH'],
    ['POST', '/api/v1/incidents/1/status', 'OPTIONS, PATCH'],
    ['GET', '/api/v1/incidents/1/status', 'OPTIONS, PATCH'],
    ['POST', '/metrics', 'GET, HEAD, OPTIONS'],
    ['PROPFIND', '/health', 'GET, HEAD, OPTIONS'],
  ])('answers %s %s with 405 and what is possible', async (method, path, allowed) => {
    const answer = await service.request(method, path);
    expect(answer).toBeProblem('request.method-not-allowed');
    expect(answer.headers.get('allow')).toBe(allowed);
  });

  it('answers OPTIONS with what is possible', async () => {
    const answer = await service.request('OPTIONS', '/api/v1/incidents/1');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS, PATCH');
    expect(answer.text).toBe('');
  });

  it.each(['/api/v1/incidents', '/api/v1/incidents/1', '/api/v1/incidents/1/events', '/metrics', '/health'])(
    'answers HEAD %s with the head of GET',
    async (path) => {
      const [get, head] = [await service.get(path), await service.request('HEAD', path)];
      expect(head.status).toBe(get.status);
      expect(head.text).toBe('');
      const heads = (answer: typeof get) =>
        [...answer.headers].filter(
          ([name]) => !/^(date|x-request-id|content-length|connection|keep-alive)$/.test(name),
        );
      expect(heads(head)).toEqual(heads(get));
    },
  );

  it('answers HEAD of a missing incident with 404', async () => {
    expect((await service.request('HEAD', '/api/v1/incidents/999')).status).toBe(404);
  });

  it.each(['a', 'a-b_c.d:e/f+g=h@i', 'x'.repeat(128)])('takes over the request id %s', async (id) => {
    const answer = await service.get('/nope', { 'X-Request-Id': id });
    expect(answer.headers.get('x-request-id')).toBe(id);
    expect(answer.body.request_id).toBe(id);
  });

  it.each(['', 'x'.repeat(129), 'a b', '<script>', 'é'])(
    'makes its own request id instead of %j',
    async (id) => {
      const answer = await service.get('/nope', { 'X-Request-Id': id });
      expect(answer.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    },
  );

  it('does not say what it is made of', async () => {
    const answer = await service.get('/api/v1/incidents/abc');
    expect(answer.headers.has('x-powered-by')).toBe(false);
    expect(answer.headers.has('server')).toBe(false);
    expect(answer.text).not.toMatch(/node_modules|at .*\.[jt]s|SELECT/);
  });

  it.each([
    ['a request line that is none', 'hello\r\n\r\n', '400'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', '400'],
    ['a head of 20 KB', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
  ])('survives %s', async (_, bytes, status) => {
    const { hostname, port } = new URL(service.url);
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      let text = '';
      socket.on('data', (chunk) => (text += String(chunk)));
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
    });
    expect(said).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
    expect((await service.get('/health')).status).toBe(200);
  });
});
