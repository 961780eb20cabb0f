import { randomBytes, randomUUID } from 'node:crypto';
import { ObjectSweep } from '../../../src/infrastructure/postgres/attachments/object-sweep.js';
import { Draining } from '../../../src/presentation/http/server/draining.js';
import { aForm, type FormFile } from '../../support/forms.js';
import { hasMoto, TestS3 } from '../../support/moto.js';
import { KEY, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const REPORT = { description: 'Касса 3 не печатает', source: 'operator' };

(hasMoto ? describe : describe.skip)('files in S3', () => {
  let s3: TestS3;
  let service: Service;
  beforeAll(async () => {
    s3 = await TestS3.start();
    service = await startService({ environment: s3.environment });
  }, 120_000);
  afterEach(() => (s3.behaviour = 'normal'));
  afterAll(async () => {
    await service.stop();
    await s3.stop();
  });

  const reportWith = (files: FormFile[], headers: Record<string, string> = {}) =>
    service.request('POST', '/api/v1/incidents', { body: aForm(files, REPORT), headers });
  const pathOf = (id: number, number = 1) => `/api/v1/incidents/${id}/attachments/${number}`;
  const read = (id: number, number = 1, headers: Record<string, string> = {}) =>
    fetch(service.url + pathOf(id, number), { headers: { 'X-Access-Key': KEY, ...headers } });
  const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
  const count = async (table: string) =>
    (await service.database.query<{ count: number }>(`SELECT count(*)::int FROM ${table}`))[0]!.count;
  const objectOf = async (id: number) => {
    const query = `SELECT object FROM attachments WHERE incident_id = ${id} ORDER BY number`;
    return `attachments/${(await service.database.query<{ object: string }>(query))[0]!.object}`;
  };

  const corrupted = async () =>
    Number(/^attachments_corrupted_total (\d+)$/m.exec((await service.get('/metrics')).text)![1]);

  it('are objects, and are read byte by byte and in ranges', async () => {
    const files = [randomBytes(1_000_000), randomBytes(262_144), Buffer.alloc(0), Buffer.from('a')];
    const { body, status } = await reportWith(files.map((bytes) => ({ bytes })));
    expect(status).toBe(201);
    for (const [i, bytes] of files.entries()) {
      expect((await bytesOf(await read(body.id, i + 1))).equals(bytes)).toBe(true);
    }
    expect((await s3.get(await objectOf(body.id))).equals(files[0]!)).toBe(true);
    for (const [first, last] of [
      [262_000, 600_000],
      [0, 0],
      [999_999, 999_999],
      [524_288, 786_431],
    ] as const) {
      const part = await read(body.id, 1, { Range: `bytes=${first}-${last}` });
      expect(part.status).toBe(206);
      expect((await bytesOf(part)).equals(files[0]!.subarray(first, last + 1))).toBe(true);
    }
    expect([await count('attachment_chunks'), await count('object_uploads')]).toEqual([0, 0]);
    expect(await s3.objects()).toHaveLength(files.length);
  });

  it('are in the feed of events', async () => {
    const { body } = await reportWith([{ name: 'till.bin', bytes: 'a' }]);
    const { body: history } = await service.get(`/api/v1/incidents/${body.id}/events`);
    expect(history.at(-1)).toMatchObject({ type: 'attached', attachment: { name: 'till.bin', size: 1 } });
  });

  it('take effect once for each idempotency key', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const before = (await s3.objects()).length;
    const first = await reportWith([{ bytes: 'a' }], key);
    const again = await reportWith([{ bytes: 'a' }], key);
    expect(again.body).toEqual(first.body);
    expect(await s3.objects()).toHaveLength(before + 1);
  });

  it('are not served if the object is not what was attached', async () => {
    const bytes = randomBytes(600_000);
    const { body } = await reportWith([{ bytes }]);
    const name = await objectOf(body.id);
    const before = await corrupted();

    // A changed byte in the last chunk: what is before it may be sent, and the rest is not.
    await s3.put(name, Buffer.concat([bytes.subarray(0, -1), Buffer.of(bytes.at(-1)! ^ 1)]));
    await expect(read(body.id).then(bytesOf)).rejects.toThrow('terminated');
    const intact = await read(body.id, 1, { Range: 'bytes=0-524287' });
    expect((await bytesOf(intact)).equals(bytes.subarray(0, 524_288))).toBe(true);
    expect((await read(body.id, 1, { Range: 'bytes=599999-' })).status).toBe(500);
    // Too short, too short for the range, empty, and missing.
    await s3.put(name, bytes.subarray(0, 100));
    expect((await read(body.id)).status).toBe(500);
    expect((await read(body.id, 1, { Range: 'bytes=300000-' })).status).toBe(500);
    await s3.put(name, Buffer.alloc(0));
    expect((await read(body.id)).status).toBe(500);
    await s3.delete(name);
    expect((await read(body.id)).status).toBe(500);
    expect(await corrupted()).toBe(before + 6);

    await s3.put(name, bytes);
    expect((await bytesOf(await read(body.id))).equals(bytes)).toBe(true);
  });

  it('are deleted soon if their request is rejected after the upload', async () => {
    const { body } = await reportWith([{ bytes: 'a' }]);
    const before = await s3.objects();
    const form = { body: aForm([{ bytes: 'lost' }, { bytes: 'too' }]), headers: { 'If-Match': '"99"' } };
    const deleted = s3.deleted.length;
    expect(await service.request('POST', `/api/v1/incidents/${body.id}/attachments`, form)).toBeProblem(
      'incident.version-mismatch',
    );
    await until(() => s3.deleted.length === deleted + 2);
    expect(await s3.objects()).toEqual(before);
    await until(async () => (await count('object_uploads')) === 0);
  });

  it('are deleted a day after an upload that has not ended, and never while an incident refers to them', async () => {
    const { body } = await reportWith([{ bytes: 'referred to' }]);
    const before = await s3.objects();
    const anUpload = async (age: string) => {
      const id = randomUUID();
      await s3.put(`attachments/${id}`, Buffer.from(age));
      await service.database.query(
        `INSERT INTO object_uploads (object, expires_at) VALUES ('${id}', now() - interval '${age}' + interval '1 day')`,
      );
      return `attachments/${id}`;
    };
    const [old, recent] = [await anUpload('25 hours'), await anUpload('23 hours')];
    // One whose object is missing does not keep the others.
    await service.database.query(
      `INSERT INTO object_uploads (object, expires_at) VALUES ('${randomUUID()}', now() - interval '1 day')`,
    );
    const referred = (await objectOf(body.id)).replace('attachments/', '');
    await service.database.query(
      `INSERT INTO object_uploads (object, expires_at) VALUES ('${referred}', now() - interval '1 year')`,
    );
    service.app.get(ObjectSweep, { strict: false }).wake();
    await until(async () => (await count('object_uploads')) === 2);
    expect(await s3.objects()).toEqual([...before, recent].toSorted());
    expect(s3.deleted).toContain(old);
    await service.database.query('DELETE FROM object_uploads');
  });

  it('are uploaded again if the sweep was faster', async () => {
    await service.database.query(`
      CREATE FUNCTION expire() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF (SELECT count(*) FROM object_uploads) = 0 THEN NEW.is_expired := true; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER expire BEFORE INSERT ON object_uploads FOR EACH ROW EXECUTE FUNCTION expire()`);
    const before = await s3.objects();
    const deleted = s3.deleted.length;
    const { body, status } = await reportWith([{ bytes: 'late' }]);
    await service.database.query('DROP TRIGGER expire ON object_uploads; DROP FUNCTION expire');
    expect(status).toBe(201);
    expect((await bytesOf(await read(body.id))).toString()).toBe('late');
    await until(() => s3.deleted.length === deleted + 1);
    expect(await s3.objects()).toEqual([...before, await objectOf(body.id)].toSorted());
    await until(async () => (await count('object_uploads')) === 0);
  });

  it.each([403, 404, 500, 503, 'reset', 'stalled-before', 'stalled-after'] as const)(
    'are refused for now if the bucket is %s, and so is reading them, while other requests go on',
    async (behaviour) => {
      const key = { 'Idempotency-Key': randomUUID() };
      const { body } = await reportWith([{ bytes: 'in S3' }]);
      const files = await count('attachments');
      s3.behaviour = behaviour;
      const [refused, unread] = await Promise.all([
        reportWith([{ bytes: 'later' }], key),
        service.get(pathOf(body.id)),
      ]);
      for (const answer of [refused, unread]) {
        expect(answer).toBeProblem('store.unavailable');
        expect(answer.headers.get('retry-after')).toBe('1');
        expect(answer.body.detail).toBe('Files can neither be stored nor read right now; try again later.');
      }
      expect(await count('attachments')).toBe(files);
      expect((await service.report()).status).toBe(201);
      expect((await service.get(`/api/v1/incidents/${body.id}/attachments`)).body).toHaveLength(1);
      expect((await service.get('/health/ready')).status).toBe(200);

      s3.behaviour = 'normal';
      const accepted = await reportWith([{ bytes: 'later' }], key);
      expect(accepted.status).toBe(201);
      expect((await bytesOf(await read(accepted.body.id))).toString()).toBe('later');
    },
    60_000,
  );

  it('break off where the bucket does, which is no corruption, and can be read on from there', async () => {
    const bytes = randomBytes(2_000_000);
    const { body } = await reportWith([{ bytes }]);
    const before = await corrupted();
    s3.behaviour = 'cut';
    await expect(read(body.id).then(bytesOf)).rejects.toThrow('terminated');
    s3.behaviour = 'normal';
    expect(await corrupted()).toBe(before);
    const rest = await read(body.id, 1, { Range: 'bytes=1000000-' });
    expect((await bytesOf(rest)).equals(bytes.subarray(1_000_000))).toBe(true);
  });

  it('take no connection to the bucket any more when their reader is gone', async () => {
    const { body } = await reportWith([{ bytes: randomBytes(20_000_000) }]);
    const path = service.url + pathOf(body.id);
    const headers = { 'X-Access-Key': KEY };
    const { requestsInFlight } = service.app.get(Draining);
    // One leaves before the first byte, the other one later.
    const early = new AbortController();
    const gate = Promise.withResolvers<void>();
    s3.gate = gate.promise;
    const unread = fetch(path, { headers, signal: early.signal });
    await until(() => s3.answersInFlight === 1);
    early.abort();
    await expect(unread).rejects.toThrow('aborted');
    await until(() => service.app.get(Draining).requestsInFlight === requestsInFlight);
    gate.resolve();
    await until(() => s3.answersInFlight === 0);

    const late = new AbortController();
    const reader = (await fetch(path, { headers, signal: late.signal })).body!.getReader();
    await reader.read();
    expect(s3.answersInFlight).toBe(1);
    late.abort();
    await until(() => s3.answersInFlight === 0);
  });

  it('stay where they were stored, whatever the service is configured to', async () => {
    const inS3 = await reportWith([{ bytes: 'in S3' }]);
    const other = await startService({ on: service.database.service });
    const inDatabase = await other.request('POST', '/api/v1/incidents', {
      body: aForm([{ bytes: 'in PostgreSQL' }], REPORT),
    });
    expect(inDatabase.status).toBe(201);
    expect(await other.get(pathOf(inS3.body.id))).toBeProblem('store.unavailable');
    await other.stop();
    expect((await bytesOf(await read(inDatabase.body.id))).toString()).toBe('in PostgreSQL');
    expect((await bytesOf(await read(inS3.body.id))).toString()).toBe('in S3');
  });
});
