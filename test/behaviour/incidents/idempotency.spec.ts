import { Retention } from '../../../src/infrastructure/postgres/schema/retention.js';
import { type Service, startService } from '../../support/service.js';

describe('requests with an idempotency key', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  let keys = 0;
  const aKey = () => `key-${++keys}`;
  const report = (key: string, json: object = {}, name = 'Idempotency-Key') =>
    service.request('POST', '/api/v1/incidents', {
      headers: { [name]: key },
      json: { description: 'Касса не отвечает', source: 'partner', ...json },
    });
  const headersOf = ({ headers }: { headers: Headers }) =>
    Object.fromEntries(['location', 'etag', 'content-type'].map((name) => [name, headers.get(name)]));

  it('create one incident, and a replay gets the first answer again', async () => {
    const key = aKey();
    const first = await report(key);
    await service.patch(`/api/v1/incidents/${first.body.id}`, { description_append: 'later' });
    const again = await report(key);
    expect(first.headers.has('idempotency-replayed')).toBe(false);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(headersOf(again)).toEqual(headersOf(first));
  });

  it('get their own answers again when several report one cause', async () => {
    const { id } = (await report(aKey(), { dedup_key: 'till-3' })).body;
    const sent: { key: string; text: string }[] = [];
    const send = async (key: string, json: object = { dedup_key: 'till-3' }) => ({
      key,
      text: (await report(key, json)).text,
    });
    for (let n = 0; n < 3; n++) sent.push(await send(aKey()));
    await service.patch(`/api/v1/incidents/${id}`, { status: 'IN_PROGRESS', description_append: 'Ищем 🔎' });
    sent.push(await send(aKey()));
    await service.patch(`/api/v1/incidents/${id}`, { status: 'RESOLVED', description_append: 'later' });
    // Concurrently: one statement creates several versions of the incident.
    const keys = Array.from({ length: 8 }, aKey);
    sent.push(...(await Promise.all(keys.map((key) => send(key)))));
    await service.patch(`/api/v1/incidents/${id}`, { description_append: 'last' });
    expect(await Promise.all(sent.map(({ key }) => send(key)))).toEqual(sent);
  });

  it.each(['report', 'change', 'rejection'])(
    'wait for the first attempt in another process: %s',
    async (kind) => {
      const { id } = (await report(aKey())).body;
      const key = aKey();
      const change = kind === 'rejection' ? { status: 'CLOSED' } : { description_append: 'b' };
      const send = () =>
        kind === 'report'
          ? report(key)
          : service.patch(`/api/v1/incidents/${id}`, change, { 'Idempotency-Key': key });
      const scope =
        kind === 'report' ? 'POST /incidents key:environment' : `PATCH /incidents/${id} key:environment`;
      await service.database.query('BEGIN');
      // As the service does: a change locks its incident first, and a rejection only its key.
      if (kind === 'change') {
        await service.database.query('SELECT FROM incidents WHERE id = $1 FOR NO KEY UPDATE', [id]);
      }
      await service.database.query(
        `INSERT INTO idempotency_records (scope, key, fingerprint, at, incident_id, version)
         VALUES ($1, $2, sha256('a'), now(), $3, 1)`,
        [scope, key, id],
      );
      // Its key does not block other requests for long.
      const [blocked, other, rejected] = await Promise.all([
        send(),
        report(aKey()),
        service.patch('/api/v1/incidents/987654', { status: 'CLOSED' }, { 'Idempotency-Key': aKey() }),
      ]);
      expect(blocked).toBeProblem('idempotency.key-in-use');
      expect(blocked.headers.get('retry-after')).toBe('1');
      expect([other.status, rejected.status]).toEqual([201, 404]);
      await service.database.query('ROLLBACK');
      const firstStatus = { report: 201, change: 200, rejection: 409 }[kind];
      const again = await send();
      expect(again.status).toBe(firstStatus);
      expect(again.headers.has('idempotency-replayed')).toBe(false);
      expect((await send()).headers.get('idempotency-replayed')).toBe('true');
    },
  );

  it('may send the key as X-Idempotency-Key', async () => {
    const key = aKey();
    const first = await report(key, {}, 'X-Idempotency-Key');
    expect((await report(key)).body.id).toBe(first.body.id);
  });

  it('change an incident once; each route has its own keys', async () => {
    const { id } = (await report(aKey())).body;
    const key = aKey();
    const move = () =>
      service.patch(`/api/v1/incidents/${id}/status`, { status: 'IN_PROGRESS' }, { 'Idempotency-Key': key });
    const append = () =>
      service.patch(`/api/v1/incidents/${id}`, { description_append: 'b' }, { 'Idempotency-Key': key });
    const first = [await move(), await append()];
    const again = [await move(), await append()];
    expect(again.map(({ status, text }) => [status, text])).toEqual(
      first.map(({ status, text }) => [status, text]),
    );
    expect(again.map((answer) => answer.headers.get('idempotency-replayed'))).toEqual(['true', 'true']);
    expect(again.map(headersOf)).toEqual(first.map(headersOf));
    expect((await service.get(`/api/v1/incidents/${id}/events`)).body).toHaveLength(3);
  });

  it('take the shortest path once, whatever happens between, and `via` is part of the request', async () => {
    const { id } = (await report(aKey())).body;
    const path = `/api/v1/incidents/${id}`;
    const sent = { 'Idempotency-Key': aKey() };
    const resolve = () => service.patch(path, { status: 'RESOLVED', via: 'shortest' }, sent);
    const first = await resolve();
    expect(first.body).toMatchObject({ status: 'RESOLVED' });
    await service.patch(path, { status: 'IN_PROGRESS' });
    const again = await resolve();
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(headersOf(again)).toEqual(headersOf(first));
    expect((await service.get(`${path}/events`)).body).toHaveLength(4);
    expect(await service.patch(path, { status: 'RESOLVED' }, sent)).toBeProblem('idempotency.key-reused');
  });

  it.each([
    ['an illegal move', { status: 'CLOSED' }, {}, 409],
    ['a status that it does not have', { status: 'IN_PROGRESS', from: 'RESOLVED' }, {}, 409],
    ['a version that is not there', { status: 'IN_PROGRESS' }, { 'If-Match': '"1-77"' }, 412],
  ])('get the same error again: %s', async (_, json, headers, status) => {
    const { id } = (await report(aKey())).body;
    const sent = { ...headers, 'Idempotency-Key': aKey() };
    const first = await service.patch(`/api/v1/incidents/${id}`, json, sent);
    await service.patch(`/api/v1/incidents/${id}`, { status: 'IN_PROGRESS' });
    await service.patch(`/api/v1/incidents/${id}`, { status: 'RESOLVED' });
    const again = await service.patch(`/api/v1/incidents/${id}`, json, sent);
    expect([first.status, again.status]).toEqual([status, status]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect({ ...again.body, request_id: '' }).toEqual({ ...first.body, request_id: '' });
  });

  it('get the same 404 again', async () => {
    const sent = { 'Idempotency-Key': aKey() };
    const first = await service.patch('/api/v1/incidents/987654', { status: 'CLOSED' }, sent);
    const again = await service.patch('/api/v1/incidents/987654', { status: 'CLOSED' }, sent);
    expect([first.status, again.status]).toEqual([404, 404]);
    expect([first, again].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
  });

  it('are rejected with another body under the same key', async () => {
    const key = aKey();
    await report(key);
    const other = await report(key, { description: 'something else' });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency.key-reused']);
  });

  it('may be corrected under the same key after a validation error', async () => {
    const key = aKey();
    expect((await report(key, { source: 'nobody' })).status).toBe(400);
    expect((await report(key)).status).toBe(201);
  });

  it.each([
    ['with a blank', 'a b'],
    ['that is too long', 'x'.repeat(256)],
    ['that is empty', ''],
  ])('are rejected with a key %s', async (_, key) => {
    const answer = await report(key);
    expect([answer.status, answer.body.errors]).toEqual([
      400,
      [
        {
          in: 'header',
          pointer: '/Idempotency-Key',
          detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters',
        },
      ],
    ]);
  });

  it('are rejected with two different keys', async () => {
    const answer = await service.request('POST', '/api/v1/incidents', {
      headers: { 'Idempotency-Key': 'one', 'X-Idempotency-Key': 'two' },
      json: { description: 'a', source: 'partner' },
    });
    expect([answer.status, answer.body.detail]).toEqual([
      400,
      'Idempotency-Key and X-Idempotency-Key must not differ.',
    ]);
  });

  it('are remembered until their retention ends', async () => {
    const [expired, recent] = [aKey(), aKey()];
    const first = [await report(expired), await report(recent)];
    const age = (key: string, age: string) =>
      service.database.query(`UPDATE idempotency_records SET at = now() - $2::interval WHERE key = $1`, [
        key,
        age,
      ]);
    await age(expired, '7 days 1 second');
    await age(recent, '6 days 23 hours');
    expect(await service.app.get(Retention).deleteExpired()).toBe(1);
    const again = [await report(expired), await report(recent)];
    expect(again.map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
    expect(again[0]!.body.id).not.toBe(first[0]!.body.id);
  });

  describe('that are lines of a stream', () => {
    const line = (key: string, description = 'bulk') =>
      `${JSON.stringify({ description, source: 'monitoring', idempotency_key: key })}\n`;
    const send = (body: string, headers = {}) =>
      service.request('POST', '/api/v1/incidents', {
        body,
        headers: { 'Content-Type': 'application/x-ndjson', ...headers },
      });
    const linesOf = ({ text }: { text: string }): any[] =>
      text
        .trim()
        .split('\n')
        .map((each) => JSON.parse(each));

    it('are replayed line by line', async () => {
      const [a, b] = [aKey(), aKey()];
      const [first] = linesOf(await send(line(a)));
      const lines = linesOf(await send(line(b) + line(a) + line(a, 'other') + line(b)));
      expect(lines).toEqual([
        { line: 1, id: expect.any(Number), status: 201 },
        { line: 2, id: first.id, status: 201, replayed: true },
        expect.objectContaining({ line: 3, status: 422, code: 'idempotency.key-reused' }),
        { line: 4, id: lines[0].id, status: 201, replayed: true },
      ]);
    });

    it('are rejected alone if their key is invalid', async () => {
      const [answer] = linesOf(await send(line('two words')));
      expect(answer).toMatchObject({ status: 400, errors: [{ in: 'body', pointer: '/idempotency_key' }] });
    });

    it('are rejected as a whole if the request has a key too', async () => {
      expect(await send(line(aKey()), { 'Idempotency-Key': aKey() })).toMatchObject({ status: 400 });
    });
  });
});
