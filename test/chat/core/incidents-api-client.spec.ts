import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { BotHealth } from '../../../src/chat/telegram/operations/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/operations/bot-metrics.js';
import { FileInterrupted } from '../../../src/chat/core/api/file-form.js';
import { ApiRejection } from '../../../src/chat/core/api/incidents-api-responses.js';
import { RetriesExhausted, IncidentsApiClient } from '../../../src/chat/core/api/incidents-api-client.js';
import { ChatFeed } from '../../../src/chat/core/api/chat-feed.js';
import { IncidentsApi } from '../../../src/chat/core/api/incidents-api.js';
import { ShutdownError } from '../../../src/shared/shutdown-error.js';
import { anApiIncident } from '../../support/api-incident.js';
import { HurriedClock } from '../../support/hurried-clock.js';
import { anNginx, hasNginx } from '../../support/nginx.js';
import { until } from '../../support/until.js';

const INCIDENT = anApiIncident({ id: 1 });
const IDENTITY = { key: 'tg:-1:2', actor: 'telegram:7 Анна' };

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const json =
  (status: number, body: object, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response
      .writeHead(status, { 'Content-Type': 'application/problem+json', ...headers })
      .end(JSON.stringify(body));

describe('a request to the API', () => {
  let server: Server;
  let url: string;
  let answers: Answer[];
  let received: { headers: IncomingMessage['headers']; body: string }[];
  let stop: AbortController;
  let health: BotHealth;
  let clock: HurriedClock;
  let client: IncidentsApiClient;
  let api: IncidentsApi;

  const clientOf = (address: string, timeoutMs?: number) => {
    const metrics = new BotMetrics(new Registry(), health);
    const apiAddress = { url: address, accessKey: 'key' };
    return new IncidentsApiClient(apiAddress, health, metrics, stop.signal, clock, timeoutMs);
  };

  beforeEach(async () => {
    received = [];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        answers.shift()!(response, request);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stop = new AbortController();
    health = new BotHealth();
    clock = new HurriedClock();
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = clientOf(url);
    api = new IncidentsApi(client);
  });
  afterEach(() => {
    stop.abort();
    server.closeAllConnections();
    server.close();
  });

  it('is sent again, byte for byte, until there is a final answer', async () => {
    answers = [
      () => undefined,
      (_, request) => request.socket.destroy(),
      json(503, { code: 'store.unavailable' }, { 'Retry-After': '60' }),
      json(409, { code: 'idempotency.key-in-use' }),
      json(201, INCIDENT, { 'Content-Type': 'application/json' }),
    ];
    const impatient = new IncidentsApi(clientOf(url, 1_000));
    const recorded = await impatient.report({ description: 'Касса', source: 'operator' }, IDENTITY);
    expect(recorded).toEqual({ incident: INCIDENT, isReplay: false });
    expect(received).toHaveLength(5);
    expect(new Set(received.map(({ body }) => body))).toEqual(new Set([received[0]!.body]));
    expect(received[4]!.headers).toMatchObject({
      'x-access-key': 'key',
      'idempotency-key': 'tg:-1:2',
      'x-actor': encodeURIComponent('telegram:7 Анна'),
      'x-channel': 'telegram',
    });
    expect(health.checks.api).toEqual({ status: 'up' });
    expect(clock.pausesMs).toHaveLength(4);
    // As long as the API requests.
    expect(clock.pausesMs[2]).toBe(60_000);
  });

  describe('with a file', () => {
    const attached = json(201, [{ number: 1 }], { 'Content-Type': 'application/json' });
    let opened: number;
    let closed: number;
    /** A file in two chunks. @param failure what reading the second one fails with. */
    const openFile = (failure?: Error) => async () => {
      opened++;
      const bytes = async function* () {
        yield Buffer.from('first,');
        if (failure && opened === 1) throw failure;
        yield Buffer.from('second');
      };
      return { name: 'касса "3".log', bytes: bytes(), close: () => void closed++ };
    };
    beforeEach(() => {
      [opened, closed] = [0, 0];
    });

    it('is a form that is read while it is sent, and read again for each attempt', async () => {
      answers = [json(503, { code: 'store.unavailable' }), attached];
      await api.attach(7, openFile(), IDENTITY);
      expect([opened, closed]).toEqual([2, 2]);
      for (const { headers, body } of received) {
        const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(headers['content-type']!)![1];
        expect(body).toBe(
          `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="касса \\"3\\".log"\r\n` +
            `Content-Type: application/octet-stream\r\n\r\nfirst,second\r\n--${boundary}--\r\n`,
        );
        expect(headers).toMatchObject({ 'idempotency-key': 'tg:-1:2', 'transfer-encoding': 'chunked' });
      }
    });

    it('is sent again if the file cannot be read to its end, which is no failure of the API', async () => {
      answers = [attached];
      await api.attach(7, openFile(new FileInterrupted('Telegram')), IDENTITY);
      expect([opened, closed, received.length]).toEqual([2, 2, 1]);
      expect(health.checks.api).toEqual({ status: 'up' });
    });

    (hasNginx ? it : it.skip)(
      'ends with the refusal of a proxy, which would be the same for ever',
      async () => {
        const nginx = await anNginx(url);
        const proxied = new IncidentsApi(clientOf(nginx.url));
        const bytes = async function* () {
          for (let n = 0; n < 50; n++) yield Buffer.alloc(100_000);
        };
        const large = async () => ({ name: 'a', bytes: bytes(), close: () => undefined });
        try {
          await expect(proxied.attach(7, large, IDENTITY)).rejects.toMatchObject({
            code: 'request.body-too-large',
          });
        } finally {
          await nginx.stop();
        }
        expect(received).toEqual([]);
      },
    );

    it('ends with another failure to read or open the file', async () => {
      const failure = new TypeError('a bug');
      await expect(api.attach(7, openFile(failure), IDENTITY)).rejects.toBe(failure);
      await expect(api.attach(7, async () => Promise.reject(failure), IDENTITY)).rejects.toBe(failure);
      expect(received).toEqual([]);
    });

    it('ends with the rejection of a daily limit, which would last for hours', async () => {
      const problem = { code: 'attachment.daily-limit-reached', detail: 'No.' };
      answers = [json(429, problem, { 'Retry-After': '9999' })];
      await expect(api.attach(7, openFile(), IDENTITY)).rejects.toBeInstanceOf(ApiRejection);
    });
  });

  it('ends with a rejection of the API, which counts as available', async () => {
    answers = [json(400, { code: 'request.invalid', detail: 'description must not be blank.' })];
    const rejected = api.report({ description: '', source: 'operator' }, IDENTITY);
    await expect(rejected).rejects.toThrow(
      new ApiRejection('request.invalid', 'description must not be blank.', {}),
    );
    expect(health.checks.api.status).toBe('up');
  });

  it('is sent again while something else answers, until the bot is stopped', async () => {
    const proxy = json(200, { hello: 'world' }, { 'Content-Type': 'application/json' });
    answers = [proxy, proxy, () => undefined];
    const asked = api.get(1);
    const failure = asked.catch((error: unknown) => error);
    await until(() => received.length === 3);
    stop.abort();
    expect(await failure).toBeInstanceOf(ShutdownError);
    expect(health.checks.api).toEqual({
      status: 'down',
      message: expect.stringContaining('not the API'),
    });
  });

  it('is given up once the API has failed on it five times, whatever else it answered between', async () => {
    const failure = json(500, { code: 'service.internal-error', detail: 'The service failed.' });
    const unavailable = json(503, { code: 'store.unavailable', detail: 'Unavailable.' });
    const proxy = json(500, { hello: 'world' }, { 'Content-Type': 'application/json' });
    answers = [failure, unavailable, failure, proxy, failure, failure, failure];
    const asked = api.report({ description: 'a', source: 'operator' }, IDENTITY);
    await expect(asked).rejects.toMatchObject({
      name: 'Error',
      request: { path: '/incidents', identity: IDENTITY },
    });
    await expect(asked).rejects.toBeInstanceOf(RetriesExhausted);
    expect(received).toHaveLength(7);
    expect(clock.pausesMs).toHaveLength(6);
  });

  it('is aborted when the bot is stopped', async () => {
    answers = [() => stop.abort()];
    await expect(api.get(1)).rejects.toThrow(ShutdownError);
    // It did not wait for its timeout.
    expect(health.checks.api).toMatchObject({ message: 'no request yet' });
  });

  it('consumes an idempotency key without changing the incident', async () => {
    answers = [
      json(412, { code: 'incident.version-mismatch', detail: 'No.', version: 1 }),
      json(422, { code: 'idempotency.key-reused', detail: 'No.' }),
    ];
    await api.consumeKey(1, IDENTITY);
    await api.consumeKey(1, IDENTITY);
    expect(received[0]!.headers).toMatchObject({ 'if-none-match': '*', 'idempotency-key': IDENTITY.key });
  });

  it('to store what a chat was notified of outlives the end of the bot, but is not repeated then', async () => {
    const stored = { position: '1.7', metadata: null };
    answers = [
      (response, request) => {
        stop.abort();
        json(200, stored)(response, request);
      },
      json(503, {}),
    ];
    const feed = new ChatFeed(client);
    expect(await feed.store('tg:-1', { position: '1.7' })).toEqual(stored);
    await expect(feed.store('tg:-1', { position: '1.8' })).rejects.toThrow(ShutdownError);
    expect(received.map(({ body }) => JSON.parse(body) as object)).toEqual([
      { position: '1.7' },
      { position: '1.8' },
    ]);
  });
});
