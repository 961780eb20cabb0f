import { gzipSync } from 'node:zlib';
import { type Service, startService } from '../../support/service.js';

describe('reporting an incident', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  it('answers 201 with the incident, Location and ETag', async () => {
    const answer = await service.report({ description: 'Самокат #42 оффлайн', source: 'monitoring' });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.any(Number),
      version: 1,
      description: 'Самокат #42 оффлайн',
      status: 'NEW',
      source: 'monitoring',
      channel: 'rest',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: answer.body.created_at,
      dedup_key: null,
      occurrences: 1,
      last_seen_at: answer.body.created_at,
      previous_id: null,
      urgent: false,
      assignee: null,
      taken_at: null,
      resolved_at: null,
      closed_at: null,
      origin: null,
      duplicate_of: null,
      allowed_statuses: ['IN_PROGRESS'],
    });
    expect(answer.headers.get('location')).toBe(`/api/v1/incidents/${answer.body.id}`);
    expect(answer.headers.get('etag')).toBe(`"${answer.body.id}-1"`);
  });

  it('ignores a byte order mark, also in a compressed body', async () => {
    const bytes = Buffer.from('\uFEFF{"description":"\uFEFFmarked","source":"operator"}');
    for (const [body, encoding] of [
      [bytes, 'identity'],
      [gzipSync(bytes), 'gzip'],
    ] as const) {
      const headers = { 'Content-Type': 'application/json', 'Content-Encoding': encoding };
      const answer = await service.request('POST', '/api/v1/incidents', { body, headers });
      expect(answer).toMatchObject({ status: 201, body: { description: '\uFEFFmarked' } });
    }
  });

  it('commits the incident and its history before it answers', async () => {
    const { body } = await service.report({ description: 'committed' });
    const rows = await service.database.query(
      'SELECT description, status, version FROM incidents WHERE id = $1',
      [body.id],
    );
    expect(rows).toEqual([{ description: 'committed', status: 'NEW', version: 1 }]);
    const events = await service.get(`/api/v1/incidents/${body.id}/events`);
    expect(events.body).toEqual([
      {
        seq: 1,
        type: 'reported',
        at: body.created_at,
        actor: 'admin',
        access_key: 'admin',
        access_key_id: null,
        channel: 'rest',
        text: 'committed',
      },
    ]);
  });

  it('serves the incident at its Location', async () => {
    const reported = await service.report();
    const found = await service.get(reported.headers.get('location')!);
    expect(found.status).toBe(200);
    expect(found.body).toEqual(reported.body);
  });

  it.each(['operator', 'monitoring', 'partner'])('accepts the source %s', async (source) => {
    const answer = await service.report({ source });
    expect(answer.status).toBe(201);
    expect(answer.body.source).toBe(source);
  });

  it.each([
    ['in any language', 'Ошибка отчёта 报告失败 تقرير 🛴👩🏽‍🔧'],
    ['with quotes and SQL', `'; DROP TABLE incidents; -- "\\`],
    ['with white space around it', '  \ttext\r\n '],
    ['with decomposed letters', 'e\u0301'],
    ['of 10,000 characters', '🛴'.repeat(10_000)],
  ])('stores a text %s verbatim', async (_, description) => {
    const { status, body } = await service.report({ description });
    expect(status).toBe(201);
    expect((await service.get(`/api/v1/incidents/${body.id}`)).body.description).toBe(description);
  });

  it('accepts JSON with a charset, and with a byte order mark', async () => {
    const body = Buffer.from('\uFEFF{"description":"é","source":"operator"}');
    const answer = await service.request('POST', '/api/v1/incidents', {
      body,
      headers: { 'Content-Type': 'application/json; charset=UTF-8' },
    });
    expect(answer.status).toBe(201);
    expect(answer.body.description).toBe('é');
  });
});
