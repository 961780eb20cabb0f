import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const CSV =
  'description,actor,reported_at,status\nКасса 3,Анна,2024-05-01T10:00:00Z,CLOSED\n,Борис,,\nСамокат 42,,,\n';

describe('an import over HTTP', () => {
  let service: Service;
  let key: string;

  beforeAll(async () => {
    service = await startService();
    key = await aKey('importer', { role: 'operator', can_impersonate: true });
  });
  afterAll(() => service.stop());

  const aKey = async (name: string, rights: object): Promise<string> =>
    (await service.request('POST', '/api/v1/keys', { json: { name, ...rights } })).body.secret;

  const send = async (body: string | Buffer, query = 'format=csv', headers: Record<string, string> = {}) => {
    const answer = await service.request('POST', `/api/v1/imports?${query}`, {
      body,
      headers: { 'X-Access-Key': key, 'Content-Type': 'application/octet-stream', ...headers },
    });
    const isLines = answer.headers.get('content-type')?.includes('ndjson');
    const lines = isLines
      ? answer.text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : [];
    return { answer, lines };
  };
  const incidents = (where: string) =>
    service.database.query<{ id: number; created_at: Date; reported_at: Date | null }>(
      `SELECT id, created_at, reported_at FROM incidents WHERE ${where} ORDER BY id`,
    );

  it('keeps times and authors, and answers how each row ended', async () => {
    const beganAt = Date.now();
    const { answer, lines } = await send(CSV);
    expect(answer.status).toBe(200);
    expect(lines).toEqual([
      { type: 'started', mapping: expect.arrayContaining(['description is read from "description".']) },
      { type: 'counting', total: 3 },
      { type: 'rejected', row: 2, reason: 'description is missing' },
      { type: 'finished', rows: 3, total: 3, accepted: 2, rejected: 1 },
    ]);
    const [first, second] = (await service.get('/api/v1/incidents?channel=import&sort=created_at')).body;
    expect(first).toMatchObject({
      description: 'Касса 3',
      status: 'CLOSED',
      assignee: null,
      reported_at: '2024-05-01T10:00:00.000Z',
    });
    // Lists and pages are in the order of arrival.
    expect(Date.parse(first.created_at)).toBeGreaterThanOrEqual(beganAt);
    expect(second).toMatchObject({ description: 'Самокат 42', status: 'NEW' });
    expect(second).not.toHaveProperty('reported_at');
    const { body: events } = await service.get(`/api/v1/incidents/${first.id}/events`);
    expect(events).toMatchObject([
      {
        type: 'reported',
        actor: 'Анна',
        access_key: 'importer',
        channel: 'import',
        reported_at: '2024-05-01T10:00:00.000Z',
      },
      { type: 'status_changed', to: 'IN_PROGRESS' },
      { type: 'status_changed', to: 'RESOLVED' },
      { type: 'status_changed', to: 'CLOSED' },
    ]);
    expect((await service.get(`/api/v1/incidents/${second.id}/events`)).body).toMatchObject([
      { actor: 'importer' },
    ]);
  });

  it('imports a file once, however often it is sent', async () => {
    const rows = Array.from({ length: 1_234 }, (_, n) => `once ${n}`);
    const file = `description\n${rows.join('\n')}\n`;
    const first = await send(file);
    const finished = { type: 'finished', rows: 1_234, total: 1_234, accepted: 1_234, rejected: 0 };
    expect(first.lines.at(-1)).toEqual(finished);
    const again = await send(file);
    expect(again.lines.at(-1)).toEqual(finished);
    expect(await incidents(`description LIKE 'once %'`)).toHaveLength(1_234);
  });

  it('imports each row once if a file is sent by two at the same time', async () => {
    const file = `description\n${Array.from({ length: 2_000 }, (_, n) => `two ${n}`).join('\n')}\n`;
    const ends = (await Promise.all([send(file), send(file)])).map(({ lines }) => lines.at(-1));
    for (const end of ends)
      expect([
        { type: 'finished', rows: 2_000, total: 2_000, accepted: 2_000, rejected: 0 },
        { type: 'failed', code: 'import.in-progress', detail: 'Another import of this file is running.' },
      ]).toContainEqual(end);
    expect((await send(file)).lines.at(-1)).toMatchObject({ type: 'finished', accepted: 2_000 });
    expect(await incidents(`description LIKE 'two %'`)).toHaveLength(2_000);
  });

  it('continues where an earlier import of the file was cut off', async () => {
    const file = `description\n${Array.from({ length: 20 }, (_, n) => `half ${n}`).join('\n')}\n`;
    // As a process leaves it that is killed: some rows are committed, and the import is not finished.
    await send(file);
    const digest = createHash('sha256').update(file).digest('hex');
    await service.database.query(
      `UPDATE imports SET position = 12, accepted = 12, finished_at = NULL WHERE digest = decode('${digest}', 'hex')`,
    );
    expect((await send(file)).lines.at(-1)).toEqual({
      type: 'finished',
      rows: 20,
      total: 20,
      accepted: 20,
      rejected: 0,
    });
    // The first twelve are not imported again, and only the others are.
    expect(await incidents(`description ~ '^half ([0-9]|1[01])$'`)).toHaveLength(12);
    expect(await incidents(`description LIKE 'half %'`)).toHaveLength(28);
  });

  it('rejects the same file with other settings, unless none of its rows was imported', async () => {
    const file = 'description;text\nsettings;b\n';
    await send(file);
    const { lines } = await send(file, 'format=csv&columns=description%3Dtext');
    expect(lines.at(-1)).toMatchObject({ type: 'failed', code: 'import.other-settings' });
    const empty = 'description,text\n,of another column\n';
    expect((await send(empty)).lines.at(-1)).toMatchObject({ accepted: 0, rejected: 1 });
    expect((await send(empty, 'format=csv&columns=description%3Dtext')).lines.at(-1)).toEqual({
      type: 'finished',
      rows: 1,
      total: 1,
      accepted: 1,
      rejected: 0,
    });
  });

  it('counts rows with one deduplication key in one incident, each with its time', async () => {
    const file =
      'description,dedup_key,reported_at,status\n' +
      'first,disk,2024-05-01,\nother,,,\nsecond,disk,2024-05-02,RESOLVED\nthird,disk,2024-05-03,\n';
    expect((await send(file)).lines.at(-1)).toMatchObject({ type: 'finished', accepted: 4 });
    const { body } = await service.get('/api/v1/incidents?dedup_key=disk');
    expect(body).toMatchObject([{ occurrences: 3, reported_at: '2024-05-01T00:00:00.000Z' }]);
    const { body: events } = await service.get(`/api/v1/incidents/${body[0].id}/events`);
    expect(
      events.map((event: { type: string; reported_at?: string }) => [event.type, event.reported_at]),
    ).toEqual([
      ['reported', '2024-05-01T00:00:00.000Z'],
      ['duplicate_reported', '2024-05-02T00:00:00.000Z'],
      ['duplicate_reported', '2024-05-03T00:00:00.000Z'],
    ]);
  });

  it('counts a row in an incident that another import opens at the same time', async () => {
    const { database } = service;
    await database.query('BEGIN');
    await database.query(
      `WITH incident AS (
        INSERT INTO incidents (description, status, source, channel, version, created_at, updated_at, dedup_key)
        VALUES ('raced', 'NEW', 'operator', 'import', 1, now(), now(), 'raced') RETURNING id
      )
      INSERT INTO incident_events (incident_id, seq, type, at, actor, channel, text)
      SELECT id, 1, 'reported', now(), 'another', 'import', 'raced' FROM incident`,
    );
    const sent = send('description,dedup_key\nraced,raced\n,\n"a, b",alone\n');
    await until(async () => {
      const [locks] = await database.query<{ n: string }>(
        'SELECT count(*) AS n FROM pg_locks WHERE NOT granted',
      );
      return Number(locks!.n) > 0;
    });
    await database.query('COMMIT');
    expect((await sent).lines.at(-1)).toMatchObject({ type: 'finished', accepted: 2 });
    expect((await service.get('/api/v1/incidents?dedup_key=raced')).body).toMatchObject([{ occurrences: 2 }]);
  });

  it('only checks rows in a dry run', async () => {
    const { lines } = await send('description\ndry\n""\n', 'format=csv&dry_run=true');
    expect(lines.at(-1)).toMatchObject({ type: 'finished', accepted: 1 });
    expect(await incidents(`description = 'dry'`)).toEqual([]);
  });

  it.each([
    ['a file that has not the format', 'a', 'format=xlsx', {}, 'import.unreadable-file'],
    ['an unknown format', CSV, 'format=pdf', {}, 'request.invalid'],
    ['no format', CSV, '', {}, 'request.invalid'],
    ['unknown fields in columns', CSV, 'format=csv&columns=text%3Dx', {}, 'request.invalid'],
    ['an abbreviation of a time zone', CSV, 'format=csv&time_zone=MSK', {}, 'request.invalid'],
    ['an idempotency key', CSV, 'format=csv', { 'Idempotency-Key': 'a' }, 'request.invalid'],
    [
      'a compressed file',
      CSV,
      'format=csv',
      { 'Content-Encoding': 'gzip' },
      'request.unsupported-media-type',
    ],
  ])('rejects %s', async (_, body, query, headers, code) => {
    expect((await send(body, query, headers as Record<string, string>)).answer).toBeProblem(code as never);
  });

  it('receives eight files at once, and others when their clients have gone away', async () => {
    const statuses: (number | undefined)[] = [];
    const uploads = Array.from({ length: 9 }, () => {
      const headers = { 'X-Access-Key': key };
      const upload = request(`${service.url}/api/v1/imports?format=csv`, { method: 'POST', headers });
      upload.on('error', () => undefined).on('response', ({ statusCode }) => statuses.push(statusCode));
      upload.write('description\n');
      return upload;
    });
    await until(() => statuses.length > 0);
    expect(statuses).toEqual([503]);
    for (const upload of uploads) upload.destroy();
    await until(async () => (await send(CSV, 'format=csv&dry_run=true')).answer.status === 200);
  });

  it('rejects a key that may not impersonate: rows name their authors', async () => {
    const headers = { 'X-Access-Key': await aKey('operator', { role: 'operator' }) };
    expect((await send(CSV, 'format=csv', headers)).answer).toBeProblem('request.forbidden');
  });
});
