import { connect } from 'node:net';
import { KEY, type Service, startService } from '../../support/service.js';

describe('the HTTP server', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
    await service.report();
  });
  afterAll(() => service.stop());

  it.each([
    '/api',
    '/api/nope',
    '/api/v1',
    '/health/nope',
    '/api/v1/incident',
    '/api/v1/incidents/1/nope',
    '/api/v2/incidents',
  ])('answers 404 at %s', async (path) => {
    expect(await service.get(path)).toBeProblem('request.route-not-found');
    expect((await service.request('OPTIONS', path)).status).toBe(404);
  });

  it.each([
    ['DELETE', '/api/v1/incidents', 'GET, HEAD, OPTIONS, POST'],
    ['PUT', '/api/v1/incidents/1', 'GET, HEAD, OPTIONS, PATCH'],
    ['DELETE', '/api/v1/incidents/1', 'GET, HEAD, OPTIONS, PATCH'],
    ['POST', '/api/v1/incidents/1/status', 'OPTIONS, PATCH'],
    ['GET', '/api/v1/incidents/1/status', 'OPTIONS, PATCH'],
    ['POST', '/metrics', 'GET, HEAD, OPTIONS'],
    ['PROPFIND', '/health', 'GET, HEAD, OPTIONS'],
  ])('answers %s %s with 405 and the allowed methods', async (method, path, allowed) => {
    const answer = await service.request(method, path);
    expect(answer).toBeProblem('request.method-not-allowed');
    expect(answer.headers.get('allow')).toBe(allowed);
  });

  it('answers OPTIONS with the allowed methods', async () => {
    const answer = await service.request('OPTIONS', '/api/v1/incidents/1');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS, PATCH');
    expect(answer.text).toBe('');
  });

  it.each(['/api/v1/incidents', '/api/v1/incidents/1', '/api/v1/incidents/1/events', '/metrics', '/health'])(
    'answers HEAD %s with the headers of GET',
    async (path) => {
      const [get, head] = [await service.get(path), await service.request('HEAD', path)];
      expect(head.status).toBe(get.status);
      expect(head.text).toBe('');
      // /metrics counts the previous request.
      const changing = new Set(['date', 'x-request-id', 'connection', 'keep-alive']);
      if (path === '/metrics') changing.add('content-length');
      const headersOf = (answer: typeof get) => [...answer.headers].filter(([name]) => !changing.has(name));
      expect(headersOf(head)).toEqual(headersOf(get));
      expect(Number(head.headers.get('content-length'))).toBeGreaterThan(0);
    },
  );

  it('answers HEAD of an unknown incident with 404', async () => {
    expect((await service.request('HEAD', '/api/v1/incidents/999')).status).toBe(404);
  });

  it.each(['a', 'a-b_c.d:e/f+g=h@i', 'x'.repeat(128)])('uses the request id %s of the client', async (id) => {
    const answer = await service.get('/api/nope', { 'X-Request-Id': id });
    expect(answer.headers.get('x-request-id')).toBe(id);
    expect(answer.body.request_id).toBe(id);
  });

  it.each(['', 'x'.repeat(129), 'a b', '<script>', 'é'])(
    'generates a request id instead of %j',
    async (id) => {
      const answer = await service.get('/api/nope', { 'X-Request-Id': id });
      expect(answer.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    },
  );

  it('does not reveal internals', async () => {
    const answer = await service.get('/api/v1/incidents/abc');
    expect(answer.headers.has('x-powered-by')).toBe(false);
    expect(answer.headers.has('server')).toBe(false);
    expect(answer.text).not.toMatch(/node_modules|at .*\.[jt]s|SELECT/);
  });

  /** The answer to these bytes, until the connection is closed. */
  const send = (bytes: string) =>
    new Promise<string>((resolve, reject) => {
      const { hostname, port } = new URL(service.url);
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      let text = '';
      socket.on('data', (chunk) => (text += String(chunk)));
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
    });
  const GET = 'GET /health HTTP/1.1\r\n';

  it.each(['/api/v1/incidents/1', '/api/v1/incidents', '/health', '/api/nope'])(
    'sends Content-Length to HTTP/1.0: %s',
    async (path) => {
      const answer = await send(`GET ${path} HTTP/1.0\r\nX-Access-Key: ${KEY}\r\n\r\n`);
      const [headers, body] = answer.split('\r\n\r\n');
      expect(Number(/^Content-Length: (\d+)$/m.exec(headers!)?.[1])).toBe(Buffer.byteLength(body!));
    },
  );

  const POST = 'POST /api/v1/incidents HTTP/1.1\r\nHost: x\r\n';

  it.each([
    ['no Host', `${GET}\r\n`, 400],
    ['two Hosts', `${GET}Host: x\r\nHost: x\r\n\r\n`, 400],
    ['two Hosts in one', `${GET}Host: x, y\r\n\r\n`, 400],
    ['a Host with a path', `${GET}Host: x/y\r\n\r\n`, 400],
    ['a Host with a user', `${GET}Host: a@b\r\n\r\n`, 400],
    ['a Host with an invalid port', `${GET}Host: x:http\r\n\r\n`, 400],
    ['an unknown expectation', `${GET}Host: x\r\nExpect: a miracle\r\n\r\n`, 417],
    ['an unknown expectation beside a known one', `${GET}Host: x\r\nExpect: 100-continue, tea\r\n\r\n`, 417],
    ['an unknown transfer coding', `${POST}Transfer-Encoding: rot13, chunked\r\n\r\n0\r\n\r\n`, 501],
    ['a compressed transfer coding', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
    ['a repeated chunked coding', `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, 400],
    ['a last coding that is not chunked', `${POST}Transfer-Encoding: chunked, gzip\r\n\r\n`, 400],
    ['chunked and Content-Length', `${POST}Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n`, 400],
    ['chunked in HTTP/1.0', `POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['an invalid chunk', `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n', 501],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ])('answers %s with a problem, and closes the connection', async (_, bytes, status) => {
    const text = (await send(bytes)).replace('HTTP/1.1 100 Continue\r\n\r\n', '');
    const [headers, body] = text.split('\r\n\r\n');
    expect(headers).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(headers).toMatch(/^connection: close/im);
    expect(headers).toMatch(/^content-type: application\/problem\+json/im);
    expect(JSON.parse(body!)).toMatchObject({
      status,
      type: expect.stringMatching(/^urn:incidents:problem:/),
    });
  });

  it.each([
    ['HTTP/1.0 without Host', 'GET /health HTTP/1.0\r\n\r\n'],
    ['an empty Host', `${GET}Host:\r\nConnection: close\r\n\r\n`],
    ['a Host with a port', `${GET}Host: [::1]:8000\r\nConnection: close\r\n\r\n`],
    ['a Host that is not ASCII, escaped', `${GET}Host: %D0%B0.example\r\nConnection: close\r\n\r\n`],
    ['chunked', `${GET}Host: x\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`],
  ])('answers %s', async (_, bytes) => expect(await send(bytes)).toMatch(/^HTTP\/1.1 200 OK\r\n/));

  it('sends 100 Continue to a client that waits for it', async () => {
    const body = '{"description":"a","source":"operator"}';
    const headers = `${POST}X-Access-Key: ${KEY}\r\nContent-Type: application/json\r\nConnection: close\r\n`;
    const text = await send(
      `${headers}Content-Length: ${body.length}\r\nExpect: 100-Continue\r\n\r\n${body}`,
    );
    expect(text).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 201 Created\r\n/);
  });

  it.each([
    ['an invalid request line', 'hello\r\n\r\n', '400'],
    [
      'two Content-Lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      '400',
    ],
    ['headers of 20 KB', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
  ])('survives %s', async (_, bytes, status) => {
    expect(await send(bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
    expect((await service.get('/health')).status).toBe(200);
  });

  it('closes the connection, without a second answer, when a request turns malformed while it is being answered', async () => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    const line = '{"description":"a","source":"operator"}\n';
    let text = '';
    let isBroken = false;
    socket.on('data', (chunk) => {
      text += String(chunk);
      if (isBroken || !text.includes('{"line":1,')) return;
      isBroken = true;
      socket.write('not a chunk\r\n');
    });
    const closed = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
    socket.write(
      `${POST}X-Access-Key: ${KEY}\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n` +
        `${line.length.toString(16)}\r\n${line}\r\n`,
    );
    await closed;
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});
