import { createHash, randomBytes } from 'node:crypto';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { aForm } from '../../support/forms.js';
import { hasMoto, TestS3 } from '../../support/moto.js';
import { aPort } from '../../support/ports.js';
import { killLeftovers, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const ROUNDS = 5;
const UPLOADS_AT_ONCE = 10;

(hasMoto ? describe : describe.skip)('a process that stores files in S3, and is killed', () => {
  let s3: TestS3;
  let database: TestDatabase;
  beforeEach(async () => {
    [s3, database] = await Promise.all([TestS3.start(), aDatabase()]);
  }, 120_000);
  afterEach(async () => {
    await killLeftovers();
    await s3.stop();
    await database.drop();
  });

  const start = () => run('api', { DATABASE_URL: database.url, ...s3.environment });
  const upload = (url: string, bytes: Buffer) =>
    fetch(`${url}/api/v1/incidents`, {
      method: 'POST',
      headers: { 'X-Access-Key': 'key' },
      body: aForm([{ bytes }], { description: 'a', source: 'operator' }),
    });
  const expireAll = () =>
    database.query(`UPDATE object_uploads SET expires_at = now() - interval '1 second'`);
  const uploads = () => database.query<{ object: string }>('SELECT object FROM object_uploads');
  const references = async () => {
    const rows = await database.query<{ name: string }>(
      `SELECT 'attachments/' || object AS name FROM attachments`,
    );
    return rows.map(({ name }) => name).toSorted();
  };

  it('leaves an object to which nothing refers, and the next process deletes it', async () => {
    const api = start();
    const url = await api.ready();
    s3.behaviour = 'stalled-after';
    const lost = upload(url, Buffer.from('lost')).then(
      () => 'answered',
      () => 'failed',
    );
    await until(async () => (await s3.objects()).length === 1);
    await api.end('SIGKILL');
    expect(await lost).toBe('failed');
    s3.behaviour = 'normal';
    expect(await uploads()).toHaveLength(1);

    // It may be in flight in another process, for all that this one knows.
    const next = start();
    expect((await upload(await next.ready(), Buffer.from('kept'))).status).toBe(201);
    expect(await s3.objects()).toHaveLength(2);
    expect(await next.end()).toBe(0);
    await expireAll();
    const last = start();
    await last.ready();
    await until(async () => (await uploads()).length === 0);
    expect(await s3.objects()).toEqual(await references());
    expect(await last.end()).toBe(0);
  }, 120_000);

  it('loses no file that was acknowledged, and leaves no other object for good', async () => {
    const acknowledged = new Map<string, Buffer>();
    for (let round = 0; round < ROUNDS; round++) {
      const api = start();
      const url = await api.ready();
      const { length: before } = await s3.objects();
      const sending = Array.from({ length: UPLOADS_AT_ONCE }, async () => {
        for (;;) {
          const bytes = randomBytes(300_000);
          const answer = await upload(url, bytes).catch(() => undefined);
          if (answer?.status !== 201) return;
          acknowledged.set(`${answer.headers.get('location')}/attachments/1`, bytes);
        }
      });
      // Another moment in each round.
      await until(async () => (await s3.objects()).length >= before + 10 + 3 * round);
      await api.end('SIGKILL');
      await Promise.all(sending);
    }
    await expireAll();
    const api = start();
    const url = await api.ready();
    await until(async () => (await uploads()).length === 0, { timeoutMs: 60_000 });
    expect(await s3.objects()).toEqual(await references());
    expect(acknowledged.size).toBeGreaterThan(ROUNDS);
    const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    for (const [path, bytes] of acknowledged) {
      const answer = await fetch(url + path, { headers: { 'X-Access-Key': 'key' } });
      expect(digestOf(Buffer.from(await answer.arrayBuffer()))).toBe(digestOf(bytes));
    }
    expect(await api.end()).toBe(0);
  }, 240_000);

  it('starts without its bucket, and takes reports', async () => {
    const bucketless = { ...s3.environment, S3_BUCKET_URL: `http://127.0.0.1:${await aPort()}/incidents` };
    const api = run('api', { DATABASE_URL: database.url, ...bucketless });
    const url = await api.ready();
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect((await upload(url, Buffer.from('a'))).status).toBe(503);
    const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
    const body = '{"description":"a","source":"operator"}';
    expect((await fetch(`${url}/api/v1/incidents`, { method: 'POST', headers, body })).status).toBe(201);
    await until(() => api.output().includes('could not store'));
    await until(() => api.output().includes('ECONNREFUSED'));
    expect(api.output()).not.toContain('"secret"');
    expect(await api.end()).toBe(0);
  }, 120_000);
});
