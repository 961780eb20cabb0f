import { type Service, startService } from '../../support/service.js';

describe('getting an incident by idempotency key', () => {
  let service: Service;
  let secret: string;
  beforeAll(async () => {
    service = await startService();
    const json = { name: 'shop', role: 'reporter' };
    ({ secret } = (await service.request('POST', '/api/v1/keys', { json })).body);
  });
  afterAll(() => service.stop());

  const find = (key: string, headers: Record<string, string> = {}, query = '') =>
    service.get(`/api/v1/incidents/by-idempotency-key/${encodeURIComponent(key)}${query}`, headers);
  const report = (key: string, headers: Record<string, string> = {}) =>
    service.request('POST', '/api/v1/incidents', {
      json: { description: 'Касса 3 не печатает', source: 'partner' },
      headers: { 'Idempotency-Key': key, ...headers },
    });

  it('returns the current state of the incident', async () => {
    const { body } = await report('till/3');
    await service.patch(`/api/v1/incidents/${body.id}/status`, { status: 'IN_PROGRESS' });
    const found = await find('till/3');
    expect(found).toMatchObject({ status: 200, body: { id: body.id, status: 'IN_PROGRESS' } });
    expect(found.headers.get('location')).toBe(`/api/v1/incidents/${body.id}`);
    expect(found.headers.get('etag')).toBe(`"${body.id}-2"`);
  });

  it('finds the incident of a line by the key of the line', async () => {
    const { text } = await service.request('POST', '/api/v1/incidents', {
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: '{"description":"a","source":"partner","idempotency_key":"line-1"}\n',
    });
    expect((await find('line-1')).body.id).toBe(JSON.parse(text).id);
  });

  it('finds only the incidents of the same access key', async () => {
    const mine = { 'X-Access-Key': secret };
    const { body } = await report('mine', mine);
    expect(await find('mine', mine)).toMatchObject({ status: 200, body: { id: body.id } });
    expect(await find('mine')).toBeProblem('incident.not-found');
    expect(await find('till/3', mine)).toBeProblem('incident.not-found');
  });

  it('answers 404 for the key of a change or of a rejected report', async () => {
    expect(await find('never')).toBeProblem('incident.not-found');
    const path = '/api/v1/incidents/999999/status';
    await service.patch(path, { status: 'CLOSED' }, { 'Idempotency-Key': 'rejected' });
    expect(await find('rejected')).toBeProblem('incident.not-found');
  });

  it('rejects an invalid key and an unknown channel', async () => {
    expect(await find('two words')).toBeProblem('request.invalid');
    expect(await find('ключ')).toBeProblem('request.invalid');
    expect(await find('a'.repeat(256))).toBeProblem('request.invalid');
    expect(await find('till/3', {}, '?channel=telegram')).toBeProblem('request.invalid');
  });

  it('finds messages from Kafka only for keys that may read', async () => {
    expect(await find('till/3', {}, '?channel=kafka')).toBeProblem('incident.not-found');
    expect(await find('x', { 'X-Access-Key': secret }, '?channel=kafka')).toBeProblem('request.forbidden');
  });
});
