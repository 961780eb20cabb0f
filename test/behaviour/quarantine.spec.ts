import { anAlert, aNotification } from '../support/alerts.js';
import { Quarantine } from '../../src/application/ports/quarantine.js';
import { type Service, startService } from '../support/service.js';

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
        state: 'waiting',
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
    for (const answer of answers) if (answer.status !== 200) expect(answer).toBeProblem('quarantine.settled');
    const { body } = await service.get('/api/v1/incidents?dedup_key=late');
    expect(body).toMatchObject([{ occurrences: 1, channel: 'alertmanager' }]);
    const { body: settled } = await service.get(`${PATH}?state=taken_in`);
    expect(settled).toMatchObject([{ id, settled_by: 'admin', settled_at: expect.any(String) }]);
  });

  it('says why a piece still cannot be taken in, and keeps it', async () => {
    const id = await keep('{');
    const answer = await post(id, 'retry');
    expect(answer).toBeProblem('quarantine.still-unfit');
    expect(answer.body.detail).toContain('not JSON');
    const { body } = await service.get(`${PATH}?limit=200`);
    expect(body.map((one: { id: number }) => one.id)).toContain(id);
  });

  it('lets a piece be dismissed, for good; it is kept', async () => {
    const id = await keep(notification('useless'));
    expect(await post(id, 'dismiss')).toMatchObject({ status: 200, body: { id, state: 'dismissed' } });
    expect(await post(id, 'dismiss')).toBeProblem('quarantine.settled');
    expect(await post(id, 'retry')).toBeProblem('quarantine.settled');
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

  it('says how much waits', async () => {
    const waiting = (await service.get(`${PATH}?limit=200`)).body.length;
    const { text } = await service.get('/metrics');
    expect(text).toContain(`intake_quarantined{channel="alertmanager"} ${waiting}`);
    expect(text).toContain('intake_quarantined{channel="kafka"} 0');
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
