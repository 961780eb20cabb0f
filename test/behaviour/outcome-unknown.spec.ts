import { aDatabase, type TestDatabase } from '../support/databases.js';
import { type Cut, type CuttingProxy, cuttingProxy } from '../support/cutting-proxy.js';
import { type Service, startService } from '../support/service.js';

const CUTS: readonly Cut[] = ['at-once', 'after-answer', 'before'];

describe('a connection to PostgreSQL that is cut around a commit', () => {
  let database: TestDatabase;
  let proxy: CuttingProxy;
  let service: Service;

  beforeAll(async () => {
    database = await aDatabase();
    const { host, port, ...connection } = database.connection;
    proxy = await cuttingProxy(`${host}/.s.PGSQL.${port}`);
    service = await startService({ on: { ...connection, host: '127.0.0.1', port: proxy.port } });
  });
  afterAll(async () => {
    await service.stop();
    await proxy.close();
    await database.drop();
  });

  const report = (description: string, key?: string) =>
    service.request('POST', '/api/v1/incidents', {
      headers: { ...(key && { 'Idempotency-Key': key }) },
      json: { description, source: 'monitoring' },
    });
  const textsLike = (pattern: string) =>
    database.query<{ id: number; description: string }>(
      'SELECT id::int, description FROM incidents WHERE description LIKE $1 ORDER BY id',
      [pattern],
    );

  it('doubles nothing and loses nothing where requests have keys: 200 cuts, 200 repeats', async () => {
    const already = proxy.cuts;
    const statuses = new Map<number, number>();
    const first: (number | undefined)[] = [];
    for (let n = 0; n < 200; n++) {
      const text = `keyed ${n}.`;
      proxy.cutAt(text, CUTS[n % CUTS.length]!);
      const answer = await report(text, `cut-${n}`);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      first.push(answer.status === 201 ? answer.body.id : undefined);
    }
    expect(proxy.cuts - already).toBe(200);
    // The truth is found out within the request.
    expect([...statuses]).toEqual([[201, 200]]);
    const kept = await textsLike('keyed %');
    expect(kept.map(({ description }) => description)).toEqual(first.map((_, n) => `keyed ${n}.`));
    expect(kept.map(({ id }) => id)).toEqual(first);
    for (let n = 0; n < 200; n++) {
      const again = await report(`keyed ${n}.`, `cut-${n}`);
      expect([again.status, again.body.id, again.headers.get('idempotency-replayed')]).toEqual([
        201,
        first[n],
        'true',
      ]);
    }
    expect(await textsLike('keyed %')).toHaveLength(200);
  });

  it('changes once where requests have keys', async () => {
    const { id } = (await report('changed under cuts')).body;
    for (let n = 0; n < 30; n++) {
      proxy.cutAt(`line ${n}.`, CUTS[n % CUTS.length]!);
      const answer = await service.patch(
        `/api/v1/incidents/${id}`,
        { description_append: `line ${n}.` },
        { 'Idempotency-Key': `line-${n}` },
      );
      expect(answer.status).toBe(200);
    }
    const { description } = (await service.get(`/api/v1/incidents/${id}`)).body;
    expect(description.split('\n').slice(1)).toEqual(Array.from({ length: 30 }, (_, n) => `line ${n}.`));
  });

  it.each(CUTS)('says that the outcome is unknown where there is no key, and cuts come %s', async (cut) => {
    const text = `without a key, ${cut}`;
    proxy.cutAt(text, cut);
    const answer = await report(text);
    expect([answer.status, answer.body.code]).toEqual([503, 'register.outcome-unknown']);
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it('tells those with keys the truth, and the others of the same batch that it is unknown', async () => {
    proxy.cutAt('mixed 3', 'after-answer');
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => report(`mixed ${n}`, n % 2 === 0 ? `mixed-${n}` : undefined)),
    );
    expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([201]));
    expect(answers.filter((_, n) => n % 2 === 0).map(({ status }) => status)).toEqual([201, 201, 201]);
    const unknown = answers.filter(({ status }) => status === 503);
    expect(new Set(unknown.map(({ body }) => body.code))).toEqual(new Set(['register.outcome-unknown']));
    expect(unknown.length).toBeGreaterThan(0);
    const texts = (await textsLike('mixed %')).map(({ description }) => description);
    expect(texts).toEqual([...new Set(texts)]);
  });

  it('is plainly away for what only reads', async () => {
    const { id } = (await report('to be read')).body;
    proxy.cutAt('find-incidents', 'after-answer');
    const answer = await service.get(`/api/v1/incidents/${id}`);
    expect([answer.status, answer.body.code]).toEqual([503, 'register.unavailable']);
  });
});
