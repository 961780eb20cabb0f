import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Draining } from '../../../src/presentation/http/server/draining.js';
import { anAlert, aNotification } from '../../support/alerts.js';
import { pause } from '../../support/pause.js';
import { KEY, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const MIB = 1024 * 1024;
const ALERTMANAGER = '/api/v1/intake/alertmanager';
const LIST = `GET /api/v1/incidents?limit=200 HTTP/1.1\r\nHost: a\r\nX-Access-Key: ${KEY}\r\n\r\n`;

describe('limits on the resources of one client', () => {
  let service: Service;
  const sockets: Socket[] = [];
  beforeAll(
    async () => (service = await startService({ environment: { MAX_CONCURRENT_REQUESTS_PER_KEY: '20' } })),
  );
  afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));
  afterAll(() => service.stop());

  const open = (): Socket => {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    return socket;
  };
  const inFlight = () => service.app.get(Draining).requestsInFlight;
  /** Sends a body with this Content-Length, except for its last byte. */
  const stall = (length: number): { received: () => string } => {
    const socket = open();
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    socket.write(
      `POST ${ALERTMANAGER} HTTP/1.1\r\nHost: a\r\nX-Access-Key: ${KEY}\r\nContent-Length: ${length}\r\n\r\n`,
    );
    socket.write('['.repeat(length - 1));
    return { received: () => received };
  };

  it('processes two requests of a connection at once, and answers all in order', async () => {
    let maxInFlight = 0;
    const watch = setInterval(() => (maxInFlight = Math.max(maxInFlight, inFlight())), 0);
    const socket = open();
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    const ids = Array.from({ length: 200 }, (_, n) => `request-${n}`);
    socket.write(ids.map((id) => LIST.replace('Host', `X-Request-Id: ${id}\r\nHost`)).join(''));
    const answered = () => [...received.matchAll(/X-Request-Id: (\S+)/g)].map(([, id]) => id);
    await until(() => answered().length === ids.length);
    clearInterval(watch);
    expect(answered()).toEqual(ids);
    expect(maxInFlight).toBe(2);
  });

  it('starts no further request on a connection that reads no answers', async () => {
    const text = 'Насос не отвечает. '.repeat(500);
    for (let n = 0; n < 20; n++) await service.report({ description: `${n} ${text}` });
    const socket = open();
    socket.pause();
    socket.write(LIST.repeat(100));
    await until(() => inFlight() > 0);
    await pause(500, 'further requests would start within this time');
    // An answer has 350 kB: two are in flight besides those that the kernel buffers.
    expect(inFlight()).toBeLessThanOrEqual(2);
    expect((await service.report()).status).toBe(201);
    socket.destroy();
    await until(() => inFlight() === 0);
  });

  it('rejects the largest body above 32 MiB of bodies in total, and accepts small ones', async () => {
    const stalled = Array.from({ length: 12 }, () => stall(4 * MIB));
    const rejected = () => stalled.filter(({ received }) => received().includes('Too many large bodies'));
    await until(() => rejected().length === 4);
    expect(rejected()[0]!.received()).toMatch(/^HTTP\/1.1 503 /);
    expect(rejected()[0]!.received()).toMatch(/retry-after: 1/i);
    expect((await service.report()).status).toBe(201);
    expect(await service.request('POST', ALERTMANAGER, { json: aNotification(anAlert('a')) })).toMatchObject({
      status: 200,
    });
  });

  it('limits the concurrent requests of a key to MAX_CONCURRENT_REQUESTS_PER_KEY', async () => {
    await until(() => inFlight() === 0);
    Array.from({ length: 20 }, () => stall(10));
    await until(() => inFlight() === 20);
    const list = await service.get('/api/v1/incidents');
    expect(list).toBeProblem('request.rate-limited');
    expect(list.headers.get('retry-after')).toBe('1');
    expect(await service.report()).toBeProblem('intake.rate-limited');
    sockets[0]!.destroy();
    await until(async () => (await service.report()).status === 201);
  });

  it('rejects a body that is too large after decompression, or compressed too much', async () => {
    const send = (body: Buffer, encoding = 'gzip') =>
      service.request('POST', ALERTMANAGER, { body, headers: { 'Content-Encoding': encoding } });
    expect(await send(gzipSync(' '.repeat(4 * MIB + 1)))).toBeProblem('request.body-too-large');
    const ratio = await send(gzipSync(' '.repeat(3 * MIB)));
    expect(ratio).toBeProblem('request.body-too-large');
    expect(ratio.body.detail).toContain('100 to 1');
    expect(await send(gzipSync(JSON.stringify(aNotification(anAlert('b')))))).toMatchObject({ status: 200 });
    expect(await send(Buffer.from('no gzip'))).toBeProblem('request.malformed-body');
    expect(await send(gzipSync('{}').subarray(0, 10))).toBeProblem('request.malformed-body');
    expect(await send(Buffer.from('{}'), 'zip')).toBeProblem('request.unsupported-media-type');
  });

  it('quarantines a notification with too many values to parse quickly', async () => {
    const values = `{"version":"4","alerts":[${'0,'.repeat(200_000)}0]}`;
    expect(await service.request('POST', ALERTMANAGER, { body: values })).toMatchObject({
      status: 200,
      body: { quarantined: 1 },
    });
    const { body } = await service.get('/api/v1/quarantine');
    expect(body.at(-1)).toMatchObject({
      reason: 'The JSON must have at most 200000 values.',
      size: values.length,
    });
  });

  it('releases everything when the connection closes', async () => {
    const socket = open();
    socket.write(LIST.repeat(300));
    await once(socket, 'data');
    socket.destroy();
    await until(() => inFlight() === 0);
    expect((await service.get('/api/v1/incidents')).status).toBe(200);
  });
});
