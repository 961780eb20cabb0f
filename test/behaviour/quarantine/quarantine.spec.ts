import { anAlert, aNotification } from '../../support/alerts.js';
import { Quarantine } from '../../../src/application/quarantine/quarantine.js';
import { type Service, startService } from '../../support/service.js';

const PATH = '/api/v1/quarantine';

describe('the quarantine', () => {
  let service: Service;
  let messages = 0;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  /** Quarantines a message, as an earlier version of the service would, and resolves with its id. */
  const keep = async (payload: string | Buffer, reference = `message-${++messages}`): Promise<number> => {
    const message = { channel: 'alertmanager', reference, reason: 'was not understood' } as const;
    await service.app
      .get(Quarantine)
      .add({ ...message, payload: Buffer.from(payload), headers: [], at: new Date() });
    const { body } = await service.get(`${PATH}?state=all&limit=200`);
    return body.find((one: { reference: string }) => one.reference === reference).id;
  };
  const post = (id: number, verb: string) => service.request('POST', `${PATH}/${id}/${verb}`);
  const notification = (fingerprint: string) => JSON.stringify(aNotification(anAlert(fingerprint)));

  it('lists pending messages in pages, oldest first', async () => {
    const ids = [await keep('a'), await keep('b'), await keep('c')];
    const first = await service.get(`${PATH}?limit=2`);
    expect(first.body.map(({ id }: { id: number }) => id)).toEqual(ids.slice(0, 2));
    expect(first.headers.get('link')).toBe(`<${PATH}?limit=2&after=${ids[1]}>; rel="next"`);
    const second = await service.get(`${PATH}?limit=2&after=${ids[1]}`);
    expect(second.body).toEqual([
      {
        id: ids[2],
        channel: 'alertmanager',
        reference: 'message-3',
        reason: 'was not understood',
        received_at: expect.any(String),
        state: 'pending',
        size: 1,
        preview: 'c',
        resolved_by: null,
        resolved_at: null,
      },
    ]);
    expect(second.headers.get('link')).toBeNull();
    expect((await service.get(`${PATH}?channel=kafka`)).body).toEqual([]);
  });

  it('stores a message with the same reference and payload once', async () => {
    const id = await keep('twice', 'the-same');
    expect(await keep('twice', 'the-same')).toBe(id);
    const count = async () => (await service.get(`${PATH}?limit=200`)).body.length;
    const before = await count();
    await keep('another with the same reference', 'the-same');
    expect(await count()).toBe(before + 1);
  });

  it('returns the payload verbatim', async () => {
    const bytes = Buffer.from(Array.from({ length: 4_096 }, (_, n) => n & 255));
    const id = await keep(bytes);
    const response = await fetch(`${service.url}${PATH}/${id}/payload`, {
      headers: { 'X-Access-Key': 'a-key-that-only-tests-know' },
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    const { body } = await service.get(`${PATH}?limit=200`);
    expect(body.find((one: { id: number }) => one.id === id)).toMatchObject({ size: 4_096, preview: null });
  });

  it('shows a preview of a text payload without a truncated character', async () => {
    const id = await keep(`a${'🛴'.repeat(300)}`);
    const { body } = await service.get(`${PATH}?limit=200`);
    expect(body.find((one: { id: number }) => one.id === id).preview).toBe(`a${'🛴'.repeat(249)}`);
  });

  it('creates one incident, however many retries of a message are sent at once', async () => {
    const id = await keep(notification('late'));
    const responses = await Promise.all(Array.from({ length: 5 }, () => post(id, 'retry')));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const response of responses)
      if (response.status !== 200) expect(response).toBeProblem('quarantine.already-resolved');
    const { body } = await service.get('/api/v1/incidents?dedup_key=late');
    expect(body).toMatchObject([{ occurrences: 1, channel: 'alertmanager' }]);
    const { body: accepted } = await service.get(`${PATH}?state=accepted`);
    expect(accepted).toMatchObject([{ id, resolved_by: 'admin', resolved_at: expect.any(String) }]);
  });

  it('rejects the retry of an invalid message with the reason, and leaves it pending', async () => {
    const id = await keep('{');
    const response = await post(id, 'retry');
    expect(response).toBeProblem('quarantine.retry-failed');
    expect(response.body.detail).toContain('not JSON');
    const { body } = await service.get(`${PATH}?limit=200`);
    expect(body.map((one: { id: number }) => one.id)).toContain(id);
  });

  it('dismisses a message for good, and keeps its payload', async () => {
    const id = await keep(notification('useless'));
    expect(await post(id, 'dismiss')).toMatchObject({ status: 200, body: { id, state: 'dismissed' } });
    expect(await post(id, 'dismiss')).toBeProblem('quarantine.already-resolved');
    expect(await post(id, 'retry')).toBeProblem('quarantine.already-resolved');
    expect((await service.get(`${PATH}/${id}/payload`)).status).toBe(200);
    expect((await service.get('/api/v1/incidents?dedup_key=useless')).body).toEqual([]);
  });

  it.each(['retry', 'dismiss'])(
    'rejects an idempotency key, which would have no effect: %s',
    async (verb) => {
      const id = await keep(notification(`keyed-${verb}`));
      const headers = { 'Idempotency-Key': 'a' };
      const response = await service.request('POST', `${PATH}/${id}/${verb}`, { headers });
      expect(response).toBeProblem('request.invalid');
      expect(response.body.errors).toMatchObject([{ in: 'header', pointer: '/Idempotency-Key' }]);
      expect((await post(id, verb)).status).toBe(200);
    },
  );

  describe('POST /api/v1/quarantine', () => {
    const report = JSON.stringify({ description: 'Till 3', source: 'operator' });
    const AS = { 'X-Actor': 'telegram:7%20Anna', 'X-Channel': 'telegram' };
    const quarantine = (key: string, payload: string, headers: object = AS) =>
      service.request('POST', PATH, {
        headers: { ...(key && { 'Idempotency-Key': key }), ...headers },
        json: { payload, reason: '500 service.internal-error' },
      });
    const quarantinedBy = async (reference: string) => {
      const { body } = await service.get(`${PATH}?channel=telegram&state=all&limit=200`);
      return body.filter((one: { reference: string }) => one.reference === reference);
    };

    it('stores a message once, and a retry reports it under the name of its author', async () => {
      const [first, replay] = [await quarantine('tg:-1:5', report), await quarantine('tg:-1:5', report)];
      expect(first).toMatchObject({ status: 201, body: { reference: 'tg:-1:5' } });
      expect(replay).toMatchObject({ status: 201, body: { reference: 'tg:-1:5' } });
      const quarantined = await quarantinedBy('tg:-1:5');
      expect(quarantined).toMatchObject([
        { reason: '500 service.internal-error', preview: report, channel: 'telegram' },
      ]);
      expect((await post(quarantined[0].id, 'retry')).status).toBe(200);
      const { body: incident } = await service.get('/api/v1/incidents/by-idempotency-key/tg:-1:5');
      expect(incident).toMatchObject({ description: 'Till 3', channel: 'telegram' });
      const { body: events } = await service.get(`/api/v1/incidents/${incident.id}/events`);
      expect(events).toMatchObject([{ actor: 'telegram:7 Anna' }]);
    });

    it('creates no second incident by a retry if the client has reported under the same key', async () => {
      await quarantine('tg:-1:6', report);
      const headers = { 'Idempotency-Key': 'tg:-1:6', ...AS };
      const json = { description: 'Till 3', source: 'operator' };
      const { body: incident } = await service.request('POST', '/api/v1/incidents', { headers, json });
      const [message] = await quarantinedBy('tg:-1:6');
      const { headers: before } = await service.get('/api/v1/incidents?limit=1');
      expect((await post(message.id, 'retry')).status).toBe(200);
      const { headers: after, body } = await service.get('/api/v1/incidents?limit=1');
      expect(body).toMatchObject([{ id: incident.id, occurrences: 1 }]);
      expect(after.get('x-total-count')).toBe(before.get('x-total-count'));
    });

    it('rejects the retry of a payload that is no report, and leaves it pending', async () => {
      await quarantine('tg:update:7', JSON.stringify({ update_id: 7 }));
      const [message] = await quarantinedBy('tg:update:7');
      expect(await post(message.id, 'retry')).toBeProblem('quarantine.retry-failed');
      expect(await quarantinedBy('tg:update:7')).toMatchObject([{ state: 'pending' }]);
    });

    it.each([
      ['no idempotency key', '', AS, 'request.invalid'],
      ['no channel', 'a', {}, 'request.invalid'],
      ['the channel of the API itself', 'a', { 'X-Channel': 'rest' }, 'request.invalid'],
    ] as const)('rejects a request with %s', async (_, key, headers, code) =>
      expect(await quarantine(key, report, headers)).toBeProblem(code),
    );

    it('rejects an access key that may not impersonate with 403', async () => {
      const json = { name: 'a-reporter', role: 'reporter' };
      const { body } = await service.request('POST', '/api/v1/keys', { json });
      expect(await quarantine('a', report, { ...AS, 'X-Access-Key': body.secret })).toBeProblem(
        'request.forbidden',
      );
    });
  });

  it('shows the number of pending messages of each channel in the metrics', async () => {
    const pending = (await service.get(`${PATH}?channel=alertmanager&limit=200`)).body.length;
    const { text } = await service.get('/metrics');
    expect(text).toContain(`quarantine_pending{channel="alertmanager"} ${pending}`);
    expect(text).toContain('quarantine_pending{channel="kafka"} 0');
  });

  it.each([
    ['GET', `${PATH}?state=gone`, 'request.invalid'],
    ['GET', `${PATH}?channel=fax`, 'request.invalid'],
    ['GET', `${PATH}?limit=0`, 'request.invalid'],
    ['GET', `${PATH}?after=-1`, 'request.invalid'],
    ['GET', `${PATH}?after=9223372036854775808`, 'request.invalid'],
    ['GET', `${PATH}?page=2`, 'request.invalid'],
    ['GET', `${PATH}/0/payload`, 'request.invalid'],
    ['GET', `${PATH}/999999/payload`, 'quarantine.not-found'],
    ['POST', `${PATH}/999999/retry`, 'quarantine.not-found'],
    ['POST', `${PATH}/99999999999999999999/dismiss`, 'quarantine.not-found'],
  ] as const)('rejects %s %s with %s', async (method, path, code) => {
    expect(await service.request(method, path)).toBeProblem(code);
  });
});
