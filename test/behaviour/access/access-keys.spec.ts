import { once } from 'node:events';
import { connect } from 'node:net';
import { jest } from '@jest/globals';
import { READ_LIVE_KEYS } from '../../../src/infrastructure/postgres/access/live-keys.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { intakeCountsIn, countsSince } from '../../support/intake-counts.js';
import { type Answer, fromElsewhere, KEY, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

/** How long a process may accept a revoked key. */
const MAX_KEY_AGE_MS = 5_000;

/** Blocks the event loop of this process, which is also that of the service. */
function blockEventLoop(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

describe('access key management', () => {
  let service: Service;
  let issued = 0;

  beforeAll(async () => (service = await startService({ environment: { TRUSTED_PROXIES: '127.0.0.1' } })));
  afterAll(() => service.stop());

  const issue = (json: object = {}): Promise<Answer> =>
    service.request('POST', '/api/v1/keys', { json: { name: `key-${++issued}`, role: 'reader', ...json } });
  const rotate = (id: number, json?: object): Promise<Answer> =>
    service.request('POST', `/api/v1/keys/${id}/rotate`, { json });
  const revoke = (id: number): Promise<Answer> => service.request('POST', `/api/v1/keys/${id}/revoke`);
  const use = async (secret: string, { url }: Service = service) =>
    (await fetch(`${url}/api/v1/incidents`, { headers: { 'X-Access-Key': secret, ...fromElsewhere() } }))
      .status;

  it('accepts a new key at once, and finds it by the id in its secret', async () => {
    const { status, body, headers } = await issue({ name: 'bot', role: 'reader' });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/v1/keys/${body.id}`);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({ name: 'bot', role: 'reader', expires_at: null, revoked_at: null });
    expect(body.secret).toMatch(new RegExp(`^inc_${body.id}_[\\w-]{43}$`));
    expect(await use(body.secret)).toBe(200);
  });

  it('shows the secret of a key once, and does not store it', async () => {
    const { body } = await issue();
    const { secret, ...rest } = body;
    const random = secret.split('_').slice(2).join('_');
    expect((await service.get(`/api/v1/keys/${body.id}`)).body).toEqual(rest);
    const { text } = await service.get('/api/v1/keys');
    expect(text).toContain(`"id":${body.id},`);
    expect(text).not.toContain(random);
    const [row] = await service.database.query<{ row: string }>(
      'SELECT access_keys::text AS row FROM access_keys WHERE id = $1',
      [body.id],
    );
    expect(row!.row).not.toContain(random);
    expect(row!.row).not.toContain(Buffer.from(random).toString('hex'));
  });

  it('rejects a secret with one changed letter, another id, or only an id', async () => {
    const { body } = await issue();
    const { body: other } = await issue();
    const random = body.secret.slice(`inc_${body.id}_`.length);
    const changed = random.endsWith('A') ? `${random.slice(0, -1)}B` : `${random.slice(0, -1)}A`;
    const bad = [
      `inc_${body.id}_${changed}`,
      `inc_${other.id}_${random}`,
      `inc_${body.id}_`,
      `inc_999999_${random}`,
    ];
    for (const secret of bad) expect(await use(secret)).toBe(401);
    // Before and after the valid one was used.
    expect(await use(body.secret)).toBe(200);
    for (const secret of bad) expect(await use(secret)).toBe(401);
  });

  it('answers missing, unknown, expired and revoked keys alike', async () => {
    const { body: revoked } = await issue();
    await revoke(revoked.id);
    const { body: expired } = await issue({ expires_at: '2036-01-01' });
    expect(await use(expired.secret)).toBe(200);
    await service.database.query(
      `UPDATE access_keys SET created_at = now() - interval '2 s', expires_at = now() - interval '1 s' WHERE id = $1`,
      [expired.id],
    );
    // The cached key is read again every few seconds.
    await until(async () => (await use(expired.secret)) === 401, { timeoutMs: 20_000 });
    const answers = await Promise.all(
      ['', `inc_999999_${'a'.repeat(43)}`, expired.secret, revoked.secret].map((secret) =>
        service.get('/api/v1/incidents', { 'X-Access-Key': secret, ...fromElsewhere() }),
      ),
    );
    for (const answer of answers) {
      expect(answer).toBeProblem('request.unauthorized');
      expect({ ...answer.body, request_id: '' }).toEqual({ ...answers[0]!.body, request_id: '' });
    }
  });

  it('rejects a revoked key in every process within 5 s', async () => {
    const other = await startService({
      on: service.database.service,
      environment: { TRUSTED_PROXIES: '127.0.0.1' },
    });
    try {
      const { body } = await issue();
      expect(await use(body.secret)).toBe(200);
      expect(await use(body.secret, other)).toBe(200);
      const { body: revoked } = await revoke(body.id);
      expect(revoked.revoked_at).not.toBeNull();
      const isRejected = async () =>
        (await use(body.secret)) === 401 && (await use(body.secret, other)) === 401;
      await until(isRejected, { timeoutMs: MAX_KEY_AGE_MS });
      // A second revocation changes nothing.
      expect((await revoke(body.id)).body.revoked_at).toBe(revoked.revoked_at);
    } finally {
      await other.stop();
    }
  });

  it('rejects a revoked key in a request that waited behind 5 s of other work', async () => {
    const { body } = await issue();
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    expect(await use(body.secret)).toBe(200);
    await service.database.query('UPDATE access_keys SET revoked_at = now() WHERE id = $1', [body.id]);
    socket.write(`GET /api/v1/incidents HTTP/1.1\r\nHost: a\r\nX-Access-Key: ${body.secret}\r\n\r\n`);
    blockEventLoop(MAX_KEY_AGE_MS + 100);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer).split('\r\n', 1)).toEqual(['HTTP/1.1 401 Unauthorized']);
    socket.destroy();
  });

  it('rejects a request whose key is revoked while its body arrives', async () => {
    const { body } = await issue({ role: 'reporter' });
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    // The next request is verified from the cache, and so before its body is sent.
    expect(await use(body.secret)).toBe(403);
    const json = '{"description":"late","source":"partner"}';
    socket.write(
      `POST /api/v1/incidents HTTP/1.1\r\nHost: a\r\nX-Access-Key: ${body.secret}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${json.length}\r\nExpect: 100-continue\r\n\r\n`,
    );
    const [go] = (await once(socket, 'data')) as [Buffer];
    expect(String(go)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    await revoke(body.id);
    await until(async () => (await use(body.secret)) === 401);
    socket.write(json);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer).split('\r\n', 1)).toEqual(['HTTP/1.1 401 Unauthorized']);
    socket.destroy();
  });

  it('accepts a key that another process created at once, and reads the database rarely for any number of unknown keys', async () => {
    const { body } = await issue();
    const other = await startService({ on: service.database.service });
    const read = jest.spyOn(Database.prototype, 'query');
    try {
      const guess = (id: number) => use(`inc_${id}_${'a'.repeat(43)}`, other);
      const guesses = Array.from({ length: 200 }, (_, n) => guess(1_000 + n));
      expect(await use(body.secret, other)).toBe(200);
      const statuses = new Set(await Promise.all(guesses));
      expect(statuses).toEqual(new Set([401, 429]));
      const reads = read.mock.calls.filter(([statement]) => statement === READ_LIVE_KEYS);
      expect(reads.length).toBeLessThan(50);
    } finally {
      read.mockRestore();
      await other.stop();
    }
  });

  it('rejects the further lines of a stream whose key is revoked', async () => {
    const { body } = await issue({ role: 'reporter' });
    const { readable, writable } = new TransformStream<string, string>();
    const writer = writable.getWriter();
    let lines = 0;
    const write = () => {
      lines++;
      return writer.write('{"description":"a","source":"partner"}\n');
    };
    const metrics = async () => intakeCountsIn((await service.get('/metrics')).text, 'rest');
    const before = await metrics();
    // The headers of the answer are sent with its first line.
    const written = write();
    const response = await fetch(`${service.url}/api/v1/incidents`, {
      method: 'POST',
      headers: { 'X-Access-Key': body.secret, 'Content-Type': 'application/x-ndjson' },
      body: readable.pipeThrough(new TextEncoderStream()),
      duplex: 'half',
    } as RequestInit);
    await written;
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const read = async () => JSON.parse((await reader.read()).value!) as { status: number; code?: string };
    const exchange = async () => {
      await write();
      return read();
    };
    expect((await read()).status).toBe(201);
    await revoke(body.id);
    const rejection = async () => {
      const answer = await exchange();
      return answer.status !== 201 && answer;
    };
    expect(await until(rejection, { timeoutMs: MAX_KEY_AGE_MS + 1_000 })).toMatchObject({
      status: 401,
      code: 'request.unauthorized',
    });
    expect(countsSince(before, await metrics())).toMatchObject({
      received: lines,
      created: lines - 1,
      rejected: 1,
    });
    await writer.close();
  });

  it('allows two active keys of one name during a rotation, but never three', async () => {
    const { body: first } = await issue({ role: 'operator' });
    const all = await Promise.all(Array.from({ length: 10 }, () => rotate(first.id)));
    const second = all.find(({ status }) => status === 201);
    expect(all.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of all.filter(({ status }) => status === 409)) {
      expect(answer).toBeProblem('access-key.in-rotation');
    }
    expect(second!.body).toMatchObject({ name: first.name, role: 'operator' });
    expect(await use(first.secret)).toBe(200);
    expect(await use(second!.body.secret)).toBe(200);
    await revoke(first.id);
    expect(await rotate(first.id)).toBeProblem('access-key.inactive');
    expect((await rotate(second!.body.id, { expires_at: '2036-01-01' })).body).toMatchObject({
      name: first.name,
      expires_at: '2036-01-01T00:00:00.000Z',
    });
  });

  it('creates one key when many concurrent requests have the same name', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => issue({ name: 'wanted' })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await issue({ name: 'wanted' })).toBeProblem('access-key.name-taken');
    expect(await issue({ name: 'admin' })).toBeProblem('access-key.name-taken');
    const { body } = answers.find(({ status }) => status === 201)!;
    await revoke(body.id);
    expect((await issue({ name: 'wanted' })).status).toBe(201);
  });

  it('allows the name of an expired key again', async () => {
    const { body } = await issue({ name: 'short', expires_at: '2036-01-01' });
    await service.database.query(
      `UPDATE access_keys SET created_at = now() - interval '2 s', expires_at = now() - interval '1 s' WHERE id = $1`,
      [body.id],
    );
    expect((await issue({ name: 'short' })).status).toBe(201);
    expect(await rotate(body.id)).toBeProblem('access-key.inactive');
  });

  it.each<[string, object]>([
    ['no name', { name: undefined }],
    ['a blank name', { name: ' ' }],
    ['a name with a space', { name: 'a b' }],
    ['a name that is too long', { name: 'a'.repeat(65) }],
    ['a name that is not a string', { name: 7 }],
    ['no role', { role: undefined }],
    ['an unknown role', { role: 'root' }],
    ['an invalid expiry', { expires_at: 'tomorrow' }],
    ['an expiry on a nonexistent day', { expires_at: '2036-02-30' }],
    ['an expiry of null', { expires_at: null }],
    ['an unknown field', { colour: 'red' }],
  ])('rejects a new key with %s', async (_, json) => {
    expect(await issue(json)).toBeProblem('request.invalid');
  });

  it('rejects an expiry in the past', async () => {
    expect(await issue({ expires_at: '2020-01-01' })).toBeProblem('access-key.invalid-expiry');
    const { body } = await issue();
    expect(await rotate(body.id, { expires_at: '2020-01-01' })).toBeProblem('access-key.invalid-expiry');
  });

  it('rejects Idempotency-Key, since a secret is shown only once', async () => {
    const answer = await service.request('POST', '/api/v1/keys', {
      headers: { 'Idempotency-Key': 'a' },
      json: { name: 'again', role: 'reader' },
    });
    expect(answer).toBeProblem('request.invalid');
  });

  it.each(['999999', '99999999999999999999'])('answers 404 for the id %s', async (id) => {
    expect(await service.get(`/api/v1/keys/${id}`)).toBeProblem('access-key.not-found');
    expect(await service.request('POST', `/api/v1/keys/${id}/revoke`)).toBeProblem('access-key.not-found');
    expect(await service.request('POST', `/api/v1/keys/${id}/rotate`)).toBeProblem('access-key.not-found');
  });

  it('records when a key was last used', async () => {
    const { body } = await issue();
    expect(body.last_used_at).toBeNull();
    await use(body.secret);
    const lastUse = async () =>
      (await service.get(`/api/v1/keys/${body.id}`)).body.last_used_at as string | false;
    const used = await until(lastUse, { timeoutMs: 10_000 });
    expect(Math.abs(Date.parse(used) - Date.now())).toBeLessThan(60_000);
  });

  it('stores when a key was last used if the service stops at once', async () => {
    const { body } = await issue();
    const other = await startService({ on: service.database.service });
    await use(body.secret, other);
    await other.stop();
    const { body: stored } = await service.get(`/api/v1/keys/${body.id}`);
    expect(stored.last_used_at).not.toBeNull();
  });

  it('recognizes replays after a rotation of the key', async () => {
    const { body: old } = await issue({ role: 'reporter' });
    const report = (secret: string) =>
      service.request('POST', '/api/v1/incidents', {
        headers: { 'X-Access-Key': secret, 'Idempotency-Key': 'rotated', ...fromElsewhere() },
        json: { description: 'a', source: 'partner' },
      });
    const first = await report(old.secret);
    const { body: rotated } = await rotate(old.id);
    const second = await report(rotated.secret);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  it('does not affect the key in X_ACCESS_KEY', async () => {
    expect(await use(KEY)).toBe(200);
  });
});
