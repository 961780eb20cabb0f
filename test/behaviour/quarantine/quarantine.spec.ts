import { anAlert, aNotification } from '../../support/alerts.js';
import { Quarantine } from '../../../src/application/quarantine/quarantine.js';
import { type Service, startService } from '../../support/service.js';

const PATH = '/api/v1/quarantine';

describe('the quarantine', () => {
  let service: Service;
  let pieces = 0;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  /** What a service that knew less has left there. */
  const keep = async (payload: string | Buffer, reference = `piece-${++pieces}`): Promise<number> => {
    const piece = { channel: 'alertmanager', reference, reason: 'was not understood' } as const;
    await service.app
      .get(Quarantine)
      .keep({ ...piece, payload: Buffer.from(payload), headers: [], at: new Date() });
    const { body } = await service.get(`${PATH}?state=all&limit=200`);
    return body.find((one: { reference: string }) => one.reference === reference).id;
  };
  const post = (id: number, verb: string) => service.request('POST', `${PATH}/${id}/${verb}`);
  const notification = (fingerprint: string) => JSON.stringify(aNotification(anAlert(fingerprint)));

  it('shows what waits, page by page, in the order in which it came', async () => {
    const ids = [await keep('a'), await keep('b'), await keep('c')];
    const first = await service.get(`${PATH}?limit=2`);
    expect(first.body.map(({ id }: { id: number }) => id)).toEqual(ids.slice(0, 2));
    expect(first.headers.get('link')).toBe(`<${PATH}?limit=2&after=${ids[1]}>; rel="next"`);
    const second = await service.get(`${PATH}?limit=2&after=${ids[1]}`);
    expect(second.body).toEqual([
      {
        id: ids[2],
        channel: 'alertmanager',
        reference: 'piece-3',
        reason: 'was not understood',
        received_at: expect.any(String),
        state: 'pending',
        size: 1,
        excerpt: 'c',
        settled_by: null,
        settled_at: null,
      },
    ]);
    expect(second.headers.get('link')).toBeNull();
    expect((await service.get(`${PATH}?channel=kafka`)).body).toEqual([]);
  });

  it('keeps one piece once', async () => {
    const id = await keep('twice', 'the-same');
    expect(await keep('twice', 'the-same')).toBe(id);
    const count = async () => (await service.get(`${PATH}?limit=200`)).body.length;
    const before = await count();
    await keep('another with the name of the first', 'the-same');
    expect(await count()).toBe(before + 1);
  });

  it('keeps every byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 4_096 }, (_, n) => n & 255));
    const id = await keep(bytes);
    const response = await fetch(`${service.url}${PATH}/${id}/payload`, {
      headers: { 'X-Access-Key': 'a-key-that-only-tests-know' },
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    const { body } = await service.get(`${PATH}?limit=200`);
    expect(body.find((one: { id: number }) => one.id === id)).toMatchObject({ size: 4_096, excerpt: null });
  });

  it('shows a beginning that is text, whole to the last character', async () => {
    const id = await keep(`a${'🛴'.repeat(300)}`);
    const { body } = await service.get(`${PATH}?limit=200`);
    expect(body.find((one: { id: number }) => one.id === id).excerpt).toBe(`a${'🛴'.repeat(249)}`);
  });

  it('lets a piece be taken in after all, once, however many try', async () => {
    const id = await keep(notification('late'));
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(id, 'retry')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers)
      if (answer.status !== 200) expect(answer).toBeProblem('quarantine.already-resolved');
    const { body } = await service.get('/api/v1/incidents?dedup_key=late');
    expect(body).toMatchObject([{ occurrences: 1, channel: 'alertmanager' }]);
    const { body: settled } = await service.get(`${PATH}?state=accepted`);
    expect(settled).toMatchObject([{ id, settled_by: 'admin', settled_at: expect.any(String) }]);
  });

  it('says why a piece still cannot be taken in, and keeps it', async () => {
    const id = await keep('{');
    const answer = await post(id, 'retry');
    expect(answer).toBeProblem('quarantine.retry-failed');
    expect(answer.body.detail).toContain('not JSON');
    const { body } = await service.get(`${PATH}?limit=200`);
    expect(body.map((one: { id: number }) => one.id)).toContain(id);
  });

  it('lets a piece be dismissed, for good; it is kept', async () => {
    const id = await keep(notification('useless'));
    expect(await post(id, 'dismiss')).toMatchObject({ status: 200, body: { id, state: 'dismissed' } });
    expect(await post(id, 'dismiss')).toBeProblem('quarantine.already-resolved');
    expect(await post(id, 'retry')).toBeProblem('quarantine.already-resolved');
    expect((await service.get(`${PATH}/${id}/payload`)).status).toBe(200);
    expect((await service.get('/api/v1/incidents?dedup_key=useless')).body).toEqual([]);
  });

  it.each(['retry', 'dismiss'])('takes no idempotency key, which would do nothing: %s', async (verb) => {
    const id = await keep(notification(`keyed-${verb}`));
    const headers = { 'Idempotency-Key': 'a' };
    const answer = await service.request('POST', `${PATH}/${id}/${verb}`, { headers });
    expect(answer).toBeProblem('request.invalid');
    expect(answer.body.errors).toMatchObject([{ in: 'header', pointer: '/Idempotency-Key' }]);
    expect((await post(id, verb)).status).toBe(200);
  });

  describe('what a client could not bring into the register', () => {
    const report = JSON.stringify({ description: 'Till 3', source: 'operator' });
    const AS = { 'X-Actor': 'telegram:7%20Anna', 'X-Channel': 'telegram' };
    const bring = (key: string, payload: string, headers: object = AS) =>
      service.request('POST', PATH, {
        headers: { ...(key && { 'Idempotency-Key': key }), ...headers },
        json: { payload, reason: '500 service.internal-error' },
      });
    const piecesOf = async (reference: string) => {
      const { body } = await service.get(`${PATH}?channel=telegram&state=all&limit=200`);
      return body.filter((one: { reference: string }) => one.reference === reference);
    };

    it('is kept once, and a retry reports it in the name of its author', async () => {
      const [first, again] = [await bring('tg:-1:5', report), await bring('tg:-1:5', report)];
      expect(first).toMatchObject({ status: 201, body: { reference: 'tg:-1:5' } });
      expect(again).toMatchObject({ status: 201, body: { reference: 'tg:-1:5' } });
      const pieces = await piecesOf('tg:-1:5');
      expect(pieces).toMatchObject([
        { reason: '500 service.internal-error', excerpt: report, channel: 'telegram' },
      ]);
      expect((await post(pieces[0].id, 'retry')).status).toBe(200);
      const { body: incident } = await service.get('/api/v1/incidents/by-idempotency-key/tg:-1:5');
      expect(incident).toMatchObject({ description: 'Till 3', channel: 'telegram' });
      const { body: events } = await service.get(`/api/v1/incidents/${incident.id}/events`);
      expect(events).toMatchObject([{ actor: 'telegram:7 Anna' }]);
    });

    it('is the report that its client has brought under the same key meanwhile', async () => {
      await bring('tg:-1:6', report);
      const headers = { 'Idempotency-Key': 'tg:-1:6', ...AS };
      const json = { description: 'Till 3', source: 'operator' };
      const { body: incident } = await service.request('POST', '/api/v1/incidents', { headers, json });
      const [piece] = await piecesOf('tg:-1:6');
      const { headers: before } = await service.get('/api/v1/incidents?limit=1');
      expect((await post(piece.id, 'retry')).status).toBe(200);
      const { headers: after, body } = await service.get('/api/v1/incidents?limit=1');
      expect(body).toMatchObject([{ id: incident.id, occurrences: 1 }]);
      expect(after.get('x-total-count')).toBe(before.get('x-total-count'));
    });

    it('cannot be tried again where it is no report, and is kept', async () => {
      await bring('tg:update:7', JSON.stringify({ update_id: 7 }));
      const [piece] = await piecesOf('tg:update:7');
      expect(await post(piece.id, 'retry')).toBeProblem('quarantine.retry-failed');
      expect(await piecesOf('tg:update:7')).toMatchObject([{ state: 'pending' }]);
    });

    it.each([
      ['no idempotency key', '', AS, 'request.invalid'],
      ['no channel', 'a', {}, 'request.invalid'],
      ['the channel of the API itself', 'a', { 'X-Channel': 'rest' }, 'request.invalid'],
    ] as const)('is not kept with %s', async (_, key, headers, code) =>
      expect(await bring(key, report, headers)).toBeProblem(code),
    );

    it('is not kept for a key that does not act for others', async () => {
      const json = { name: 'a-reporter', role: 'reporter' };
      const { body } = await service.request('POST', '/api/v1/keys', { json });
      expect(await bring('a', report, { ...AS, 'X-Access-Key': body.secret })).toBeProblem(
        'request.forbidden',
      );
    });
  });

  it('says how much waits', async () => {
    const waiting = (await service.get(`${PATH}?channel=alertmanager&limit=200`)).body.length;
    const { text } = await service.get('/metrics');
    expect(text).toContain(`quarantine_pending{channel="alertmanager"} ${waiting}`);
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
  ] as const)('refuses %s %s', async (method, path, code) => {
    expect(await service.request(method, path)).toBeProblem(code);
  });
});
