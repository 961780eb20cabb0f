import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { MAX_FILE_BYTES } from '../../../src/domain/attachments/attachment.js';
import { aForm, aRawForm, type FormFile } from '../../support/forms.js';
import { KEY, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const REPORT = { description: 'Касса 3 не печатает', source: 'operator' };
/** One of the largest files, and a little more: also more than the other tests attach by their key. */
const DAILY_MIB = 24;

describe('attaching files', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ environment: { ATTACHMENTS_DAILY_MIB: String(DAILY_MIB) } });
  });
  afterAll(() => service.stop());

  const reportWith = (files: FormFile[], report: object = REPORT, headers: Record<string, string> = {}) =>
    service.request('POST', '/api/v1/incidents', { body: aForm(files, report), headers });
  const attach = (id: number, files: FormFile[], headers: Record<string, string> = {}) =>
    service.request('POST', `/api/v1/incidents/${id}/attachments`, { body: aForm(files), headers });
  const aReport = async (): Promise<number> => (await service.report()).body.id;
  const listOf = async (id: number) => (await service.get(`/api/v1/incidents/${id}/attachments`)).body;
  const historyOf = async (id: number) => (await service.get(`/api/v1/incidents/${id}/events`)).body as any[];
  const bytesOf = async (id: number, number: number) => {
    const url = `${service.url}/api/v1/incidents/${id}/attachments/${number}`;
    const response = await fetch(url, { headers: { 'X-Access-Key': KEY } });
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  };
  const count = async (table: string) =>
    Number((await service.database.query<{ count: string }>(`SELECT count(*) FROM ${table}`))[0]!.count);
  const aKey = async (role: string) =>
    (await service.request('POST', '/api/v1/keys', { json: { name: `k-${randomUUID()}`, role } })).body
      .secret;

  it('stores a report with its files, byte by byte, and shows them in the history', async () => {
    const files = [randomBytes(600_000), Buffer.from('текст'), Buffer.alloc(0)];
    const names = ['a.bin', 'заметка.txt', 'пусто.txt'];
    const answer = await reportWith(files.map((bytes, i) => ({ name: names[i]!, bytes })));
    expect(answer.status).toBe(201);
    const { id } = answer.body;
    expect(answer.headers.get('location')).toBe(`/api/v1/incidents/${id}`);
    expect(answer.body).toMatchObject({ ...REPORT, status: 'NEW', version: 4 });
    const listed = await listOf(id);
    expect(listed).toMatchObject(
      files.map((bytes, i) => ({
        number: i + 1,
        name: names[i],
        size: bytes.length,
        content_type: 'application/octet-stream',
        sha256: createHash('sha256').update(bytes).digest('hex'),
        actor: 'admin',
        channel: 'rest',
        has_preview: false,
      })),
    );
    for (const [i, bytes] of files.entries()) expect((await bytesOf(id, i + 1)).equals(bytes)).toBe(true);
    const events = (await historyOf(id)).slice(1);
    expect(events.map(({ type }) => type)).toEqual(['attached', 'attached', 'attached']);
    expect(events[1].attachment).toEqual({
      number: 2,
      name: 'заметка.txt',
      content_type: 'application/octet-stream',
      size: 10,
    });
  });

  it('accepts the largest file, and says of a larger one which limit it exceeds', async () => {
    const id = await aReport();
    const largest = randomBytes(MAX_FILE_BYTES);
    expect((await attach(id, [{ bytes: largest }])).status).toBe(201);
    expect((await bytesOf(id, 1)).equals(largest)).toBe(true);
    const answer = await attach(id, [{ name: 'b', bytes: Buffer.concat([largest, Buffer.alloc(1)]) }]);
    expect(answer).toBeProblem('attachment.file-too-large');
    expect(answer.body).toMatchObject({ limit: MAX_FILE_BYTES });
    expect(await listOf(id)).toHaveLength(1);
  });

  it('stores all files of a request, or none', async () => {
    const [incidents, chunks] = [await count('incidents'), await count('attachment_chunks')];
    const many = Array.from({ length: 11 }, () => ({ bytes: 'a' }));
    expect(await reportWith(many)).toBeProblem('attachment.too-many-files');
    expect(await reportWith([{ bytes: 'a' }], { ...REPORT, description: '' })).toBeProblem('request.invalid');
    expect(await service.request('POST', '/api/v1/incidents', { body: aForm([{ bytes: 'a' }]) })).toBeProblem(
      'request.invalid',
    );
    // Valid files, an incident that does not exist.
    expect(await attach(999_999, [{ bytes: 'a' }])).toBeProblem('incident.not-found');
    await service.database.query(`
      CREATE FUNCTION fail_insert() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'fail_insert' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER fail_insert BEFORE INSERT ON attachments FOR EACH ROW EXECUTE FUNCTION fail_insert()`);
    expect(await reportWith([{ bytes: 'a' }])).toBeProblem('store.unavailable');
    await service.database.query('DROP TRIGGER fail_insert ON attachments; DROP FUNCTION fail_insert()');
    expect([await count('incidents'), await count('attachment_chunks')]).toEqual([incidents, chunks]);
  });

  it('takes effect once for each idempotency key, whatever the boundary', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const part = (name: string, more: string) => `Content-Disposition: form-data; name="${name}"${more}`;
    const parts = [
      { head: part('report', ''), body: JSON.stringify(REPORT) },
      { head: part('file', '; filename="a.bin"'), body: 'a' },
    ];
    const send = (boundary: string, sent = parts) => {
      const { body, headers } = aRawForm(sent, boundary);
      return service.request('POST', '/api/v1/incidents', { body, headers: { ...headers, ...key } });
    };
    const first = await send('one');
    expect(first.status).toBe(201);
    const chunks = await count('attachment_chunks');
    const replay = await send('another');
    expect(replay.status).toBe(201);
    expect(replay.headers.get('idempotency-replayed')).toBe('true');
    expect(replay.body).toEqual(first.body);
    expect(await count('attachment_chunks')).toBe(chunks);
    expect(await listOf(first.body.id)).toHaveLength(1);
    const changed = [parts[0]!, { ...parts[1]!, body: 'b' }];
    expect(await send('one', changed)).toBeProblem('idempotency.key-reused');
    const renamed = [parts[0]!, { ...parts[1]!, head: part('file', '; filename="b.bin"') }];
    expect(await send('one', renamed)).toBeProblem('idempotency.key-reused');
  });

  it('replays the attachments of a request, also after further ones', async () => {
    const id = await aReport();
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await attach(id, [{ bytes: 'a' }, { bytes: 'b' }], key);
    expect(first.status).toBe(201);
    expect(first.headers.get('location')).toBe(`/api/v1/incidents/${id}/attachments/1`);
    await attach(id, [{ bytes: 'c' }]);
    const replay = await attach(id, [{ bytes: 'a' }, { bytes: 'b' }], key);
    expect(replay.body).toEqual(first.body);
    expect(replay.headers.get('idempotency-replayed')).toBe('true');
    expect((await listOf(id)).map(({ number }: { number: number }) => number)).toEqual([1, 2, 3]);
  });

  it('stores a file once when a request is sent several times at once', async () => {
    const id = await aReport();
    const key = { 'Idempotency-Key': randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => attach(id, [{ bytes: randomBytes(0) }, { bytes: 'same' }], key)),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect(await listOf(id)).toHaveLength(2);
  });

  it('numbers the files of concurrent requests, beside other changes', async () => {
    const id = await aReport();
    const answers = await Promise.all([
      ...Array.from({ length: 6 }, (_, i) => attach(id, [{ name: `${i}`, bytes: randomBytes(300_000) }])),
      ...Array.from({ length: 6 }, (_, i) =>
        service.patch(`/api/v1/incidents/${id}`, { description_append: `${i}` }),
      ),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([...Array(6).fill(201), ...Array(6).fill(200)]);
    expect((await listOf(id)).map(({ number }: { number: number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    const history = await historyOf(id);
    expect(history.map(({ seq }) => seq)).toEqual(Array.from({ length: 13 }, (_, i) => i + 1));
  });

  it('attaches the files of a duplicate to the open incident', async () => {
    const dedup = { ...REPORT, dedup_key: randomUUID() };
    const first = await reportWith([{ name: 'a', bytes: 'a' }], dedup);
    expect(first.status).toBe(201);
    const second = await reportWith([{ name: 'b', bytes: 'b' }], { ...dedup, urgent: true });
    expect(second.status).toBe(200);
    expect(second.body).toMatchObject({ id: first.body.id, occurrences: 2, urgent: true });
    expect((await historyOf(first.body.id)).map(({ type }) => type)).toEqual([
      'reported',
      'attached',
      'duplicate_reported',
      'urgency_changed',
      'attached',
    ]);
  });

  it('makes one incident of concurrent reports with files and one deduplication key', async () => {
    const dedup = { ...REPORT, dedup_key: randomUUID() };
    const answers = await Promise.all(Array.from({ length: 5 }, () => reportWith([{ bytes: 'a' }], dedup)));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await listOf(answers[0]!.body.id)).toHaveLength(5);
  });

  it('is possible for a CLOSED incident, as appending is, and heeds If-Match', async () => {
    const id = await aReport();
    for (const status of ['IN_PROGRESS', 'RESOLVED', 'CLOSED'])
      await service.patch(`/api/v1/incidents/${id}`, { status });
    expect((await attach(id, [{ bytes: 'a' }])).status).toBe(201);
    expect(await attach(id, [{ bytes: 'a' }], { 'If-Match': `"${id}-1"` })).toBeProblem(
      'incident.version-mismatch',
    );
  });

  it('lets a reporter attach to what it has reported, and read only what it has attached there', async () => {
    const [reporter, reader] = [await aKey('reporter'), await aKey('reader')];
    const as = (secret: string) => ({ 'X-Access-Key': secret });
    const own = await reportWith([{ bytes: 'a' }], REPORT, as(reporter));
    expect(own.status).toBe(201);
    const other = await aReport();
    await attach(other, [{ bytes: 'b' }]);
    expect((await attach(own.body.id, [{ bytes: 'b' }], as(reporter))).status).toBe(201);
    expect(await attach(other, [{ bytes: 'b' }], as(reporter))).toBeProblem('incident.not-found');
    const read = (id: number, secret: string, path = '') =>
      service.get(`/api/v1/incidents/${id}/attachments${path}`, as(secret));
    // What others attach to its incident it does not see.
    expect((await attach(own.body.id, [{ bytes: 'c' }])).status).toBe(201);
    expect((await read(own.body.id, reporter)).body).toHaveLength(2);
    expect(await read(own.body.id, reporter, '/3')).toBeProblem('attachment.not-found');
    expect((await read(own.body.id, reporter, '/1')).status).toBe(200);
    expect(await read(other, reporter)).toBeProblem('incident.not-found');
    expect(await read(other, reporter, '/1')).toBeProblem('incident.not-found');
    expect((await read(other, reader, '/1')).status).toBe(200);
    expect(await attach(other, [{ bytes: 'b' }], as(reader))).toBeProblem('request.forbidden');
  });

  it('bounds what a key attaches on a day, and says when it may go on', async () => {
    const headers = { 'X-Access-Key': await aKey('operator') };
    const id = await aReport();
    const file = { bytes: Buffer.alloc(MAX_FILE_BYTES, 1) };
    expect((await attach(id, [file], headers)).status).toBe(201);
    const chunks = await count('attachment_chunks');
    const answer = await attach(id, [file], headers);
    expect(answer).toBeProblem('attachment.daily-limit-reached');
    expect(answer.body).toMatchObject({ limit: DAILY_MIB * 1024 * 1024 });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await count('attachment_chunks')).toBe(chunks);
    expect((await attach(id, [{ bytes: Buffer.alloc(4 * 1024 * 1024) }], headers)).status).toBe(201);
    // Nothing is left: the limit is known before the files are sent.
    expect(await attach(id, [{ bytes: 'a' }], headers)).toBeProblem('attachment.daily-limit-reached');
    expect((await attach(id, [{ bytes: 'a' }])).status).toBe(201);
  });

  it('replays what was stored once nothing more may be attached on this day', async () => {
    const headers = { 'X-Access-Key': await aKey('operator') };
    const id = await aReport();
    const keyed = (key = randomUUID()) => ({ ...headers, 'Idempotency-Key': key });
    const [reportKey, fileKey, rejectedKey] = [keyed(), keyed(), keyed()];
    const report = await reportWith([{ bytes: 'a' }], REPORT, reportKey);
    const rejected = { ...rejectedKey, 'If-Match': `"${id}-9"` };
    expect(await attach(id, [{ bytes: 'a' }], rejected)).toBeProblem('incident.version-mismatch');
    // What is left of the day, in as many files as it takes.
    const rest = DAILY_MIB * 1024 * 1024 - 1;
    const sizes = [MAX_FILE_BYTES, rest - MAX_FILE_BYTES];
    const files = sizes.map((size) => ({ bytes: Buffer.alloc(size, 1) }));
    const first = await attach(id, files, fileKey);
    expect(first.status).toBe(201);
    const stored = [await count('incidents'), await count('attachment_chunks')];

    const replay = await attach(id, files, fileKey);
    expect(replay.body).toEqual(first.body);
    expect(replay.headers.get('idempotency-replayed')).toBe('true');
    const replayed = await reportWith([{ bytes: 'a' }], REPORT, reportKey);
    expect([replayed.status, replayed.body]).toEqual([201, report.body]);
    expect(replayed.headers.get('idempotency-replayed')).toBe('true');
    expect(await attach(id, [{ bytes: 'a' }], rejected)).toBeProblem('incident.version-mismatch');
    expect(await attach(id, [{ bytes: 'b' }], fileKey)).toBeProblem('idempotency.key-reused');
    // A key is of one principal and one operation.
    expect(await reportWith([{ bytes: 'a' }], REPORT, fileKey)).toBeProblem('attachment.daily-limit-reached');
    expect(await attach(id, [{ bytes: 'a' }], keyed())).toBeProblem('attachment.daily-limit-reached');
    expect([await count('incidents'), await count('attachment_chunks')]).toEqual(stored);
  });

  it('does not receive the files of a new request once nothing more may be attached on this day', async () => {
    const secret = await aKey('operator');
    const id = await aReport();
    const parts = [MAX_FILE_BYTES, DAILY_MIB * 1024 * 1024 - MAX_FILE_BYTES].map((size) => ({
      bytes: Buffer.alloc(size),
    }));
    expect((await attach(id, parts, { 'X-Access-Key': secret })).status).toBe(201);
    for (const path of ['/api/v1/incidents', `/api/v1/incidents/${id}/attachments`]) {
      const url = new URL(path, service.url);
      const head = [
        `POST ${url.pathname} HTTP/1.1`,
        `Host: ${url.host}`,
        `X-Access-Key: ${secret}`,
        `Idempotency-Key: ${randomUUID()}`,
        'Content-Type: multipart/form-data; boundary=x',
        'Content-Length: 1000000',
      ];
      const socket = connect(Number(url.port), url.hostname);
      // Only the head of the request, and nothing of its body.
      socket.write(`${head.join('\r\n')}\r\n\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      expect(answer.toString()).toContain('attachment.daily-limit-reached');
    }
  });

  it('bounds the attachments of an incident', async () => {
    const id = await aReport();
    const ten = Array.from({ length: 10 }, () => ({ bytes: 'a' }));
    for (let n = 0; n < 10; n++) expect((await attach(id, ten)).status).toBe(201);
    expect(await attach(id, [{ bytes: 'a' }])).toBeProblem('attachment.limit-reached');
    expect(await listOf(id)).toHaveLength(100);
  });

  it.each([
    [
      'no form',
      { body: '{}', headers: { 'Content-Type': 'application/json' } },
      'request.unsupported-media-type',
    ],
    [
      'a form without a boundary',
      { body: 'a', headers: { 'Content-Type': 'multipart/form-data' } },
      'request.malformed-body',
    ],
    [
      'a form that ends early',
      {
        body: '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
        headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
      },
      'request.malformed-body',
    ],
    [
      'an empty form',
      { body: '--x--\r\n', headers: { 'Content-Type': 'multipart/form-data; boundary=x' } },
      'request.invalid',
    ],
    [
      'a part of another name',
      aRawForm([{ head: 'Content-Disposition: form-data; name="photo"; filename="a"', body: 'a' }]),
      'request.invalid',
    ],
    [
      'a part without a name',
      aRawForm([{ head: 'Content-Disposition: form-data', body: 'a' }]),
      'request.invalid',
    ],
    [
      'an empty field for a file, as browsers send it',
      aRawForm([{ head: 'Content-Disposition: form-data; name="file"; filename=""', body: '' }]),
      'request.invalid',
    ],
    [
      'an encoded part',
      aRawForm([
        {
          head: 'Content-Disposition: form-data; name="file"; filename="a"\r\nContent-Transfer-Encoding: base64',
          body: 'YQ==',
        },
      ]),
      'request.malformed-body',
    ],
  ] as const)('rejects %s', async (_, { body, headers }, code) => {
    const id = await aReport();
    expect(
      await service.request('POST', `/api/v1/incidents/${id}/attachments`, { body, headers }),
    ).toBeProblem(code);
    expect(await listOf(id)).toEqual([]);
  });

  it('rejects a compressed form', async () => {
    const { body, headers } = aRawForm([]);
    const answer = await service.request('POST', '/api/v1/incidents', {
      body,
      headers: { ...headers, 'Content-Encoding': 'gzip' },
    });
    expect(answer).toBeProblem('request.unsupported-media-type');
  });

  it('takes a name as data, whatever it contains', async () => {
    const id = await aReport();
    const head = (name: string) => `Content-Disposition: form-data; name="file"; filename="${name}"`;
    const { body, headers } = aRawForm([
      { head: head('../../etc/passwd'), body: 'a' },
      { head: head('C:\\\\temp\\\\фото.png'), body: 'b' },
      { head: head('photo\u202Egpj.exe'), body: 'c' },
    ]);
    const answer = await service.request('POST', `/api/v1/incidents/${id}/attachments`, { body, headers });
    expect(answer.body.map(({ name }: { name: string }) => name)).toEqual([
      'passwd',
      'фото.png',
      'photo gpj.exe',
    ]);
  });

  it('stores nothing of an upload whose client disappears', async () => {
    const id = await aReport();
    const { port } = new URL(service.url);
    const socket = connect(Number(port), '127.0.0.1');
    const begin =
      `POST /api/v1/incidents/${id}/attachments HTTP/1.1\r\nHost: localhost\r\nX-Access-Key: ${KEY}\r\n` +
      'Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n' +
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc';
    const before = (await service.get('/metrics')).text;
    const received = (metrics: string) =>
      /intake_outcomes_total\{channel="rest",outcome="rejected"\} (\d+)/.exec(metrics)![1];
    await new Promise<void>((resolve) => socket.write(begin, () => resolve()));
    socket.end();
    socket.destroy();
    await until(async () => received((await service.get('/metrics')).text) !== received(before));
    expect(await listOf(id)).toEqual([]);
  });

  it('appears in the feed', async () => {
    const id = await aReport();
    await attach(id, [{ name: 'a.txt', bytes: 'a' }]);
    await until(async () => {
      const { body } = await service.get(`/api/v1/events?after=oldest&incident=${id}`);
      return body.events.some(
        ({ type, attachment }: any) => type === 'attached' && attachment.name === 'a.txt',
      );
    });
  });

  it('has chunks that the database itself checks', async () => {
    const id = await aReport();
    await attach(id, [{ bytes: randomBytes(300_000) }]);
    const [row] = await service.database.query<{ id: string }>('SELECT max(id) AS id FROM attachments');
    const digest = `sha256('a'::bytea)`;
    await expect(
      service.database.query(`INSERT INTO attachment_chunks VALUES (${row!.id}, 2, 'a', ${digest})`),
    ).rejects.toThrow('complete already');
    await expect(
      service.database.query(`INSERT INTO attachment_chunks VALUES (999999, 0, 'a', ${digest})`),
    ).rejects.toThrow('attachment_chunks_attachment_fkey');
    await expect(
      service.database.query(`
        INSERT INTO attachments (incident_id, number, seq, name, content_type, size, sha256, at, principal)
        VALUES (${id}, 2, 2, 'a', 'image/png', 5, ${digest}, now(), 'key:1')`),
    ).rejects.toThrow('do not add up');
  });
});
