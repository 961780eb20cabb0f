import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { BotHealth } from '../../../src/chat/telegram/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/bot-metrics.js';
import { ApiRejection } from '../../../src/chat/core/api/incidents-api-responses.js';
import { GaveUp, IncidentsApiClient } from '../../../src/chat/core/api/incidents-api-client.js';
import { IncidentsApi } from '../../../src/chat/core/api/incidents-api.js';
import { ShutdownError } from '../../../src/shared/shutdown-error.js';

const INCIDENT = {
  id: 1,
  description: 'a',
  status: 'NEW',
  source: 'operator',
  created_at: '2026-11-20T10:00:00.123Z',
};
const AS = { key: 'tg:-1:2', actor: 'telegram:7 Анна' };

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const json =
  (status: number, body: object, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response
      .writeHead(status, { 'Content-Type': 'application/problem+json', ...headers })
      .end(JSON.stringify(body));

describe('a request to the register', () => {
  let server: Server;
  let answers: Answer[];
  let received: { headers: IncomingMessage['headers']; body: string }[];
  let stop: AbortController;
  let health: BotHealth;
  let register: IncidentsApi;

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
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const metrics = new BotMetrics(new Registry(), health);
    register = new IncidentsApi(new IncidentsApiClient(url, 'key', health, metrics, stop.signal));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is sent again, to the byte, until there is a final answer', async () => {
    answers = [
      () => undefined,
      (_, request) => request.socket.destroy(),
      json(503, { code: 'store.unavailable' }, { 'Retry-After': '1' }),
      json(409, { code: 'idempotency.key-in-use' }),
      json(201, INCIDENT, { 'Content-Type': 'application/json' }),
    ];
    const recorded = await register.report({ description: 'Касса', source: 'operator' }, AS);
    expect(recorded).toEqual({ incident: INCIDENT, isReplay: false });
    expect(received).toHaveLength(5);
    expect(new Set(received.map(({ body }) => body))).toEqual(new Set([received[0]!.body]));
    expect(received[4]!.headers).toMatchObject({
      'x-access-key': 'key',
      'idempotency-key': 'tg:-1:2',
      'x-actor': encodeURIComponent('telegram:7 Анна'),
      'x-channel': 'telegram',
    });
    expect(health.checks.register).toEqual({ status: 'up' });
  });

  it('ends with a refusal, which shows that the register is there', async () => {
    answers = [json(400, { code: 'request.invalid', detail: 'description must not be blank.' })];
    const refused = register.report({ description: '', source: 'operator' }, AS);
    await expect(refused).rejects.toThrow(
      new ApiRejection('request.invalid', 'description must not be blank.', {}),
    );
    expect(health.checks.register.status).toBe('up');
  });

  it('waits where something else answers, until the bot is told to stop', async () => {
    answers = [json(200, { hello: 'world' }, { 'Content-Type': 'application/json' })];
    setTimeout(() => stop.abort(), 200);
    await expect(register.get(1)).rejects.toThrow(ShutdownError);
    expect(received).toHaveLength(1);
    expect(health.checks.register).toEqual({
      status: 'down',
      message: expect.stringContaining('not the API'),
    });
  });

  it('is given up where the API fails on it five times, whatever else happens between', async () => {
    const failure = json(500, { code: 'service.internal-error', detail: 'The service failed.' });
    const away = json(503, { code: 'store.unavailable', detail: 'Away.' });
    const proxy = json(500, { hello: 'world' }, { 'Content-Type': 'application/json' });
    answers = [failure, away, failure, proxy, failure, failure, failure];
    const asked = register.report({ description: 'a', source: 'operator' }, AS);
    await expect(asked).rejects.toMatchObject({ name: 'Error', question: { path: '/incidents', as: AS } });
    await expect(asked).rejects.toBeInstanceOf(GaveUp);
    expect(received).toHaveLength(7);
  }, 60_000);

  it('ends with the bot, though there is no answer yet', async () => {
    answers = [() => stop.abort()];
    await expect(register.get(1)).rejects.toThrow(ShutdownError);
    // It was not waited for until its time was over.
    expect(health.checks.register).toMatchObject({ message: 'not asked yet' });
  });

  it('learns the status of an incident from a move that is never made', async () => {
    answers = [json(409, { code: 'incident.illegal-transition', detail: 'No.', current: 'RESOLVED' })];
    expect(await register.statusThen(1, AS)).toBe('RESOLVED');
    expect(received[0]!.body).toBe('{"status":"NEW"}');
  });
});
