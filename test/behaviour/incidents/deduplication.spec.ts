import { type Service, startService } from '../../support/service.js';

describe('reports with one dedup_key', () => {
  let service: Service;
  let other: Service;
  beforeAll(async () => {
    service = await startService();
    other = await startService({ on: service.database.service });
  });
  afterAll(async () => {
    await other.stop();
    await service.stop();
  });

  const report = (dedup_key: unknown, more: object = {}) => service.report({ dedup_key, ...more });

  it('create one incident: 201, then 200 with the number of occurrences', async () => {
    const first = await report('disk/db-1');
    const second = await report('disk/db-1', { description: 'Ещё раз' });
    expect(first).toMatchObject({
      status: 201,
      body: {
        dedup_key: 'disk/db-1',
        occurrences: 1,
        last_seen_at: first.body.created_at,
        previous_id: null,
      },
    });
    expect(second).toMatchObject({ status: 200, body: { id: first.body.id, occurrences: 2 } });
    expect(second.headers.get('location')).toBe(`/api/v1/incidents/${first.body.id}`);
    expect(second.headers.get('etag')).toBe(`"${first.body.id}-2"`);
    expect(Date.parse(second.body.last_seen_at)).toBeGreaterThanOrEqual(Date.parse(first.body.created_at));
    const { body } = await service.get(`/api/v1/incidents/${first.body.id}/events`);
    expect(body[1]).toMatchObject({ type: 'duplicate_reported', text: 'Ещё раз', actor: 'admin' });
  });

  it('reopen a resolved incident, and create another one after a closed one', async () => {
    const { id } = (await report('flapping')).body;
    const move = (status: string) => service.patch(`/api/v1/incidents/${id}/status`, { status });
    await move('IN_PROGRESS');
    await move('RESOLVED');
    expect(await report('flapping')).toMatchObject({ status: 200, body: { id, status: 'IN_PROGRESS' } });
    await move('RESOLVED');
    await move('CLOSED');
    const next = await report('flapping');
    expect(next).toMatchObject({ status: 201, body: { previous_id: id, status: 'NEW', occurrences: 1 } });
    const list = await service.get('/api/v1/incidents?dedup_key=flapping');
    expect(list.body.map((incident: { id: number }) => incident.id)).toEqual([next.body.id, id]);
    expect(list.headers.get('x-total-count')).toBe('2');
  });

  it('create one incident when 100 arrive concurrently at two processes', async () => {
    const all = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        [service, other][i % 2]!.report({ dedup_key: 'storm', description: `${i}` }),
      ),
    );
    expect(all.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(all.filter(({ status }) => status === 200)).toHaveLength(99);
    const { body } = await service.get('/api/v1/incidents?dedup_key=storm');
    expect(body).toMatchObject([{ occurrences: 100 }]);
    const { body: events } = await service.get(`/api/v1/incidents/${body[0].id}/events?limit=200`);
    expect(new Set(events.map(({ text }: { text: string }) => text)).size).toBe(100);
  });

  it('count once per idempotency key, and a replay gets the same status', async () => {
    const send = (key: string) =>
      service.request('POST', '/api/v1/incidents', {
        headers: { 'Idempotency-Key': key },
        json: { description: 'a', source: 'monitoring', dedup_key: 'keyed' },
      });
    const answers = [await send('k1'), await send('k2'), await send('k1'), await send('k2')];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 201, 200]);
    expect(answers[2]!.text).toBe(answers[0]!.text);
    expect(answers[3]!.text).toBe(answers[1]!.text);
  });

  it('may be lines of a stream', async () => {
    const line = JSON.stringify({ description: 'a', source: 'monitoring', dedup_key: 'lines' });
    const { text } = await service.request('POST', '/api/v1/incidents', {
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: `${line}\n${line}\n`,
    });
    const [first, second] = text
      .trim()
      .split('\n')
      .map((each) => JSON.parse(each) as { id: number; status: number });
    expect([first!.status, second!.status]).toEqual([201, 200]);
    expect(second!.id).toBe(first!.id);
  });

  it('differ from reports without a dedup_key, each of which creates an incident', async () => {
    const [a, b] = [await service.report(), await service.report()];
    expect(b.body.id).not.toBe(a.body.id);
    expect(a.body).toMatchObject({ dedup_key: null, occurrences: 1, previous_id: null });
  });

  it.each<[unknown, string]>([
    ['', 'empty'],
    [' ', 'blank'],
    ['a'.repeat(256), 'too long'],
    ['a\u0000', 'with NUL'],
    ['\ud800', 'with half a character'],
    [7, 'a number'],
    [null, 'null'],
  ])('are rejected if the dedup_key is %j (%s)', async (key) => {
    const answer = await report(key);
    expect(answer).toBeProblem('request.invalid');
    expect(answer.body.errors[0].pointer).toBe('/dedup_key');
  });

  it('may have a dedup_key of 255 characters in any script', async () => {
    const key = '🛴'.repeat(255);
    expect(await report(key)).toMatchObject({ status: 201, body: { dedup_key: key } });
    expect((await service.get(`/api/v1/incidents?dedup_key=${encodeURIComponent(key)}`)).body).toHaveLength(
      1,
    );
  });
});
