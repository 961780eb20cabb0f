import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { pause } from '../../support/pause.js';
import { KEY, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const CLIENTS = 500;
/** How many of them read no answers. */
const NON_READERS = 40;

const LONG_ANSWER = 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: a\r\n\r\n';
/** More long answers than the kernel buffers while nobody reads them. */
const UNREAD_ANSWERS = 6;
/** So many long answers that reading them slowly takes longer than the timeout without progress. */
const SLOWLY_READ_ANSWERS = 12;

const connectionsOf = (server: Server) =>
  new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

describe('server limits', () => {
  let service: Service;
  let port: number;
  const ends: (() => void)[] = [];

  beforeAll(async () => {
    service = await startService();
    port = Number(new URL(service.url).port);
  });
  afterEach(() => ends.splice(0).forEach((end) => end()));
  afterAll(() => service.stop());

  const open = (): { socket: Socket; received: () => string; closed: Promise<number> } => {
    const startedAt = Date.now();
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += String(chunk))).on('error', () => undefined);
    const closed = new Promise<number>((resolve) =>
      socket.once('close', () => resolve(Date.now() - startedAt)),
    );
    return { socket, received: () => received, closed };
  };
  const send = async (text: string) => {
    const { socket, received, closed } = open();
    socket.write(text);
    await closed;
    return received();
  };

  it('reject headers over 16 KiB with 431', async () => {
    const answer = await send(`GET /health HTTP/1.1\r\nHost: a\r\nX-Long: ${'a'.repeat(17_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431 Headers too large\r\n/);
    expect(answer).toContain('"code":"request.headers-too-large"');
    expect(answer).toMatch(/X-Request-Id: [\w-]{36}\r\n/);
    const head = await send(`HEAD /health HTTP/1.1\r\nHost: a\r\nX-Long: ${'a'.repeat(17_000)}\r\n\r\n`);
    expect(head).toMatch(/^HTTP\/1.1 431 [^{]+\r\n\r\n$/);
  });

  it.each([
    'HELLO\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000',
    'GET / HTTP/9.9\r\n\r\n',
    'GET / HTTP/1.1\r\nA B: c\r\n\r\n',
  ])('reject bytes that are not HTTP with 400: %j', async (text) => {
    const answer = await send(text);
    expect(answer).toMatch(/^HTTP\/1.1 400 Malformed request\r\nContent-Type: application\/problem\+json/);
    expect(answer).toContain('"code":"request.malformed"');
  });

  it('reject JSON that is nested deeper than 32 levels, in a body and in a line', async () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const send = (body: string, type = 'application/json') =>
      service.request('POST', '/api/v1/incidents', { headers: { 'Content-Type': type }, body });
    expect(await send(nested(33))).toBeProblem('request.malformed-body');
    expect(await send(nested(32))).toBeProblem('request.invalid');
    const { text } = await send(`${nested(33)}\n`, 'application/x-ndjson');
    expect(text).toContain('"detail":"The JSON must be nested at most 32 levels deep."');
    // Brackets in strings do not count.
    const description = `${'['.repeat(100)}"\\`;
    expect(await service.report({ description })).toMatchObject({ status: 201, body: { description } });
  });

  it('reject connections above MAX_CONNECTIONS, and accept others once those are closed', async () => {
    const small = await startService({ environment: { MAX_CONNECTIONS: '10' } });
    const address = Number(new URL(small.url).port);
    const sockets = Array.from({ length: 10 }, () =>
      connect(address, '127.0.0.1').on('error', () => undefined),
    );
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const server = small.app.getHttpServer();
    await until(async () => (await connectionsOf(server)) === 10);
    await expect(fetch(`${small.url}/health`)).rejects.toThrow('fetch failed');
    for (const socket of sockets) socket.destroy();
    await until(async () => (await connectionsOf(server)) === 0);
    expect((await small.get('/health')).status).toBe(200);
    await small.stop();
  });

  it('close connections whose client reads nothing, and keep those that are read slowly', async () => {
    const small = await startService({ environment: { MAX_CONNECTIONS: '10' } });
    const server = small.app.getHttpServer();
    expect(server.timeout).toBe(35_000);
    server.timeout = 3_000;
    const address = Number(new URL(small.url).port);
    const begin = async (times: number) => {
      const socket = connect(address, '127.0.0.1').on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(LONG_ANSWER.repeat(times));
      return socket;
    };
    const isOpen = () =>
      fetch(`${small.url}/health`, { headers: { Connection: 'close' } }).then(
        ({ ok }) => ok,
        () => false,
      );
    const sockets: Socket[] = [];
    try {
      const all =
        SLOWLY_READ_ANSWERS * (await (await fetch(`${small.url}/docs/swagger-ui-bundle.js`)).text()).length;
      server.closeIdleConnections();
      const reader = await begin(SLOWLY_READ_ANSWERS);
      const nonReaders = await Promise.all(Array.from({ length: 9 }, () => begin(UNREAD_ANSWERS)));
      sockets.push(reader, ...nonReaders);
      // They use all connections.
      await until(async () => !(await isOpen()));
      let read = 0;
      const readSlowly = async () => {
        read += (reader.read() as Buffer | null)?.length ?? 0;
        await pause(10, 'the client reads slowly');
        return read >= all;
      };
      await until(readSlowly, { timeoutMs: 40_000, state: () => `read ${read} of ${all} bytes` });
      await until(isOpen);
    } finally {
      for (const socket of sockets) socket.destroy();
      await small.stop();
    }
  });

  it(`serve other clients while ${CLIENTS} clients are deliberately slow, and disconnect those`, async () => {
    const server = service.app.getHttpServer();
    const { timeout } = server;
    server.timeout = 5_000;
    const nonReaders = Array.from({ length: NON_READERS }, () => open().socket.pause());
    await Promise.all(nonReaders.map((socket) => once(socket, 'connect')));
    await until(async () => (await connectionsOf(server)) >= NON_READERS);
    server.timeout = timeout;
    for (const socket of nonReaders) socket.write(LONG_ANSWER.repeat(UNREAD_ANSWERS));
    const clients = Array.from({ length: CLIENTS - NON_READERS }, (_, i) => ({ ...open(), i }));
    const headers = `POST /api/v1/incidents HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n`;
    for (const { socket, i } of clients) {
      // Nothing at all; half of the headers; headers byte by byte; a body that nobody reads, byte by byte.
      if (i % 4 === 1 || i % 4 === 2) socket.write('GET /health HTTP/1.1\r\nHost:');
      if (i % 4 === 3) socket.write(`${headers}\r\n{`);
    }
    const drip = setInterval(() => {
      for (const { socket, i } of clients) if (i % 4 >= 2 && socket.writable) socket.write('a');
    }, 500);
    ends.push(() => {
      clearInterval(drip);
      for (const socket of [...nonReaders, ...clients.map((client) => client.socket)]) socket.destroy();
    });
    let slowest = 0;
    const served = (async () => {
      for (let i = 0; i < 100; i++) {
        const startedAt = performance.now();
        expect((await service.report()).status).toBe(201);
        slowest = Math.max(slowest, performance.now() - startedAt);
        await pause(20, 'the other clients are slow for longer');
      }
    })();
    const times = await Promise.all(clients.map(({ closed }) => closed));
    await served;
    // Clients that read nothing do not notice the end either; the remaining connections are those of the served client.
    await until(async () => (await connectionsOf(server)) <= 10);
    // Headers have 10 s, checked each second.
    expect(Math.max(...times)).toBeLessThan(20_000);
    expect(slowest).toBeLessThan(3_000);
    const headerClients = clients.filter(({ i }) => i % 4 < 3).map(({ received }) => received());
    expect(headerClients.filter((text) => text.startsWith('HTTP/1.1 408 Request timeout\r\n')).length).toBe(
      headerClients.length,
    );
    const bodyClients = clients.filter(({ i }) => i % 4 === 3).map(({ received }) => received());
    expect(bodyClients.filter((text) => /^HTTP\/1.1 (401|503) /.test(text)).length).toBe(bodyClients.length);
    expect((await service.get('/health')).status).toBe(200);
  });

  it('set headers that stop browsers and caches from using answers otherwise', async () => {
    const { headers } = await service.get('/api/v1/incidents', { 'X-Access-Key': KEY });
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'private, no-cache',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    });
    const docs = await fetch(`${service.url}/docs`);
    expect(docs.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(docs.headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
  });
});
