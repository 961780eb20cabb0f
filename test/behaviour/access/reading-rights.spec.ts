import { type Answer, KEY, type Service, startService } from '../../support/service.js';

describe('a key that may report but not read', () => {
  let service: Service;
  let issued = 0;

  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const aKey = async (role: string, more: object = {}) => {
    const { body } = await service.request('POST', '/api/v1/keys', {
      json: { name: `key-${++issued}`, role, ...more },
    });
    return {
      id: body.id as number,
      name: body.name as string,
      headers: { 'X-Access-Key': body.secret as string },
    };
  };
  const report = (headers: Record<string, string>, json: object = {}): Promise<Answer> =>
    service.request('POST', '/api/v1/incidents', {
      headers,
      json: { description: 'a secret of its own', source: 'partner', ...json },
    });
  const alert = (headers: Record<string, string>, fingerprint: string, status = 'firing') =>
    service.request('POST', '/api/v1/intake/alertmanager', {
      headers,
      json: { version: '4', groupKey: 'g', alerts: [{ status, fingerprint, labels: { alertname: 'A' } }] },
    });
  const read = async (id: number) => (await service.get(`/api/v1/incidents/${id}`)).body;
  const eventsOf = async (id: number) => (await service.get(`/api/v1/incidents/${id}/events`)).body;

  it('gets only id, status and occurrences of the incident that its report duplicates', async () => {
    const { body } = await report({}, { description: 'what others wrote', dedup_key: 'shared' });
    await service.patch(`/api/v1/incidents/${body.id}`, {
      status: 'IN_PROGRESS',
      description_append: 'secret',
    });
    const { headers } = await aKey('reporter');
    const duplicate = await report({ ...headers, 'Idempotency-Key': 'duplicate' }, { dedup_key: 'shared' });
    const receipt = { id: body.id, status: 'IN_PROGRESS', occurrences: 2 };
    expect(duplicate).toMatchObject({ status: 200 });
    expect(duplicate.body).toEqual(receipt);
    expect(duplicate.headers.has('etag')).toBe(false);
    const replay = await report({ ...headers, 'Idempotency-Key': 'duplicate' }, { dedup_key: 'shared' });
    expect(replay.headers.get('idempotency-replayed')).toBe('true');
    expect(replay.body).toEqual(receipt);
    const found = await service.get('/api/v1/incidents/by-idempotency-key/duplicate', headers);
    expect(found.body).toEqual(receipt);
    expect(found.headers.has('etag')).toBe(false);
    const line = await service.request('POST', '/api/v1/incidents', {
      headers: { ...headers, 'Content-Type': 'application/x-ndjson' },
      body: '{"description":"b","source":"partner","dedup_key":"shared"}\n',
    });
    expect(JSON.parse(line.text)).toEqual({ line: 1, id: body.id, status: 200 });
  });

  it('gets all of a new incident, which is what it sent, and later its status', async () => {
    const { headers } = await aKey('reporter');
    const first = await report({ ...headers, 'Idempotency-Key': 'own' });
    expect(first).toMatchObject({ status: 201, body: { description: 'a secret of its own' } });
    await service.patch(`/api/v1/incidents/${first.body.id}`, {
      description_append: 'a note among operators',
    });
    expect((await report({ ...headers, 'Idempotency-Key': 'own' })).body).toEqual(first.body);
    const { body } = await service.get('/api/v1/incidents/by-idempotency-key/own', headers);
    expect(body).toEqual({ id: first.body.id, status: 'NEW', occurrences: 1 });
  });

  it('gets nothing by another route, with any headers', async () => {
    const { body } = await report({}, { description: 'what others wrote' });
    const { headers } = await aKey('reporter');
    const paths = ['', `/${body.id}`, `/${body.id}/events`, '?q=others', '?dedup_key=shared'];
    for (const path of paths)
      expect(
        await service.get(`/api/v1/incidents${path}`, { ...headers, 'If-None-Match': `"${body.id}-1"` }),
      ).toBeProblem('request.forbidden');
    // Also for an unknown incident.
    expect(await service.get('/api/v1/incidents/999999', headers)).toBeProblem('request.forbidden');
    for (const path of ['/api/v1/quarantine', '/api/v1/quarantine/1/payload', '/metrics', '/api/v1/keys'])
      expect(await service.get(path, headers)).toBeProblem('request.forbidden');
    for (const path of [`/${body.id}`, `/${body.id}/status`]) {
      const answer = await service.patch(
        `/api/v1/incidents${path}`,
        { status: 'CLOSED' },
        { ...headers, 'If-Match': '*' },
      );
      expect(answer).toBeProblem('request.forbidden');
    }
  });

  it('does not share deduplication with alerts, and resolves no report by an alert', async () => {
    const { headers, id, name } = await aKey('reporter');
    const { body: operators } = await report({}, { dedup_key: 'c0ffee' });
    expect((await alert(headers, 'c0ffee', 'resolved')).status).toBe(200);
    expect(await read(operators.id)).toMatchObject({ status: 'NEW' });
    expect((await alert(headers, 'c0ffee')).body).toMatchObject({ created: 1, duplicate: 0 });
    expect((await read(operators.id)).occurrences).toBe(1);
    const { body: found } = await service.get('/api/v1/incidents?dedup_key=c0ffee');
    expect(found.map(({ channel }: { channel: string }) => channel)).toEqual(['alertmanager', 'rest']);
    expect(found[0].previous_id).toBeNull();
    expect((await report({}, { dedup_key: 'c0ffee' })).body).toMatchObject({
      id: operators.id,
      occurrences: 2,
    });
    await alert(headers, 'c0ffee', 'resolved');
    expect(await read(found[0].id)).toMatchObject({ status: 'RESOLVED' });
    for (const event of await eventsOf(found[0].id))
      expect(event).toMatchObject({ actor: 'alertmanager', access_key: name, access_key_id: id });
  });

  it('shares deduplication, and the previous incident, within a channel only', async () => {
    const bot = await aKey('operator', { can_impersonate: true });
    const telegram = { ...bot.headers, 'X-Channel': 'telegram' };
    const { body: one } = await report({}, { dedup_key: 'both' });
    const { body: other } = await report(telegram, { dedup_key: 'both' });
    expect(other.id).not.toBe(one.id);
    expect((await report(bot.headers, { dedup_key: 'both' })).body.id).toBe(one.id);
    const path = `/api/v1/incidents/${one.id}/status`;
    for (const status of ['IN_PROGRESS', 'RESOLVED', 'CLOSED']) await service.patch(path, { status });
    expect((await report({}, { dedup_key: 'both' })).body.previous_id).toBe(one.id);
    expect((await report(telegram, { dedup_key: 'both' })).body.id).toBe(other.id);
  });

  it('is recorded in the history beside the actor that it names', async () => {
    const bot = await aKey('operator', { can_impersonate: true });
    const { body } = await report({ ...bot.headers, 'X-Actor': 'admin' });
    await service.patch(
      `/api/v1/incidents/${body.id}/status`,
      { status: 'IN_PROGRESS' },
      { 'X-Actor': 'ann' },
    );
    expect(await eventsOf(body.id)).toMatchObject([
      { actor: 'admin', access_key: bot.name, access_key_id: bot.id },
      { actor: 'ann', access_key: 'admin', access_key_id: null },
    ]);
  });

  it('is recorded in the history of a quarantined message that an operator retries', async () => {
    const operator = await aKey('operator');
    const alertOf = (status: string) => ({
      version: '4',
      alerts: [{ status, fingerprint: 'q1', labels: { alertname: 'Q' } }],
    });
    await service.request('POST', '/api/v1/intake/alertmanager', { json: alertOf('odd') });
    const { body: messages } = await service.get('/api/v1/quarantine');
    const { id } = messages.at(-1);
    await service.database.query('UPDATE intake_quarantine SET payload = $1 WHERE id = $2', [
      Buffer.from(JSON.stringify(alertOf('firing'))),
      id,
    ]);
    const retried = await service.request('POST', `/api/v1/quarantine/${id}/retry`, {
      headers: operator.headers,
    });
    expect(retried.status).toBe(200);
    const { body: found } = await service.get('/api/v1/incidents?dedup_key=q1');
    expect(await eventsOf(found[0].id)).toMatchObject([{ actor: 'alertmanager', access_key: operator.name }]);
  });

  it('inherits no idempotency keys from a revoked key of the same name', async () => {
    const old = await aKey('reporter');
    const { body } = await report({ ...old.headers, 'Idempotency-Key': 'old' });
    await service.request('POST', `/api/v1/keys/${old.id}/revoke`);
    const successor = await service.request('POST', '/api/v1/keys', {
      json: { name: old.name, role: 'operator' },
    });
    const headers = { 'X-Access-Key': successor.body.secret as string };
    expect(await service.get('/api/v1/incidents/by-idempotency-key/old', headers)).toBeProblem(
      'incident.not-found',
    );
    const again = await report({ ...headers, 'Idempotency-Key': 'old' });
    expect(again.status).toBe(201);
    expect(again.body.id).not.toBe(body.id);
    // A rotation keeps the principal.
    const rotated = await service.request('POST', `/api/v1/keys/${successor.body.id}/rotate`);
    const twice = await service.request('POST', `/api/v1/keys/${rotated.body.id}/revoke`);
    expect(twice.status).toBe(200);
    const third = await service.request('POST', `/api/v1/keys/${successor.body.id}/rotate`);
    const found = await service.get('/api/v1/incidents/by-idempotency-key/old', {
      'X-Access-Key': third.body.secret,
    });
    expect(found.body.id).toBe(again.body.id);
  });

  it('keeps the idempotency keys of X_ACCESS_KEY when its secret changes', async () => {
    const { body } = await report({ 'Idempotency-Key': 'environment' });
    const secret = `${KEY}-changed`;
    const other = await startService({ on: service.database.service, environment: { X_ACCESS_KEY: secret } });
    try {
      const found = await other.get('/api/v1/incidents/by-idempotency-key/environment', {
        'X-Access-Key': secret,
      });
      expect(found.body.id).toBe(body.id);
    } finally {
      await other.stop();
    }
  });
});
