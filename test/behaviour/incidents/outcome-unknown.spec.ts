import { FIND } from '../../../src/infrastructure/postgres/incidents/incident-statements.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { type Cut, type CuttingProxy, cuttingProxy } from '../../support/cutting-proxy.js';
import { type Service, startService } from '../../support/service.js';

const CUTS: readonly Cut[] = ['at-once', 'after-answer', 'before'];

describe('a connection to PostgreSQL that is lost during a commit', () => {
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

  it.each([
    ['after PostgreSQL received the commit', 200, CUTS.filter((cut) => cut !== 'before')],
    ['before', 50, ['before' as const]],
  ])(
    'duplicates and loses no report with an idempotency key when it is cut %s, %i times',
    async (_, times, cuts) => {
      const name = `keyed, cut ${cuts.join(' or ')}`;
      const textOf = (n: number) => `${name}, ${n}.`;
      const numbers = Array.from({ length: times }, (_, n) => n);
      const cutsBefore = proxy.cuts;
      const first: { status: number; id: number }[] = [];
      for (const n of numbers) {
        proxy.cutAt(textOf(n), cuts[n % cuts.length]!);
        const { status, body } = await report(textOf(n), `${cuts[0]}-${n}`);
        first.push({ status, id: body.id });
      }
      expect(proxy.cuts - cutsBefore).toBe(times);
      // Each request resolves its unknown outcome itself.
      expect(first.filter(({ status }) => status !== 201)).toEqual([]);
      const expected = numbers.map((n) => ({ id: first[n]!.id, description: textOf(n) }));
      expect(await textsLike(`${name}, %`)).toEqual(expected);
      for (const n of numbers) {
        const again = await report(textOf(n), `${cuts[0]}-${n}`);
        expect([again.status, again.body.id, again.headers.get('idempotency-replayed')]).toEqual([
          201,
          first[n]!.id,
          'true',
        ]);
      }
      expect(await textsLike(`${name}, %`)).toEqual(expected);
    },
  );

  it('applies a change with an idempotency key once', async () => {
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

  it.each(CUTS)('answers store.outcome-unknown without an idempotency key when it is cut %s', async (cut) => {
    const text = `without a key, ${cut}`;
    proxy.cutAt(text, cut);
    const answer = await report(text);
    expect([answer.status, answer.body.code]).toEqual([503, 'store.outcome-unknown']);
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it('answers requests with idempotency keys correctly, and the others of the batch with store.outcome-unknown', async () => {
    proxy.cutAt('mixed 3', 'after-answer');
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => report(`mixed ${n}`, n % 2 === 0 ? `mixed-${n}` : undefined)),
    );
    expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([201]));
    expect(answers.filter((_, n) => n % 2 === 0).map(({ status }) => status)).toEqual([201, 201, 201]);
    const unknown = answers.filter(({ status }) => status === 503);
    expect(new Set(unknown.map(({ body }) => body.code))).toEqual(new Set(['store.outcome-unknown']));
    expect(unknown.length).toBeGreaterThan(0);
    const texts = (await textsLike('mixed %')).map(({ description }) => description);
    expect(texts).toEqual([...new Set(texts)]);
  });

  it('answers store.unavailable to reads', async () => {
    const { id } = (await report('to be read')).body;
    proxy.cutAt(`${FIND.name}\0`, 'after-answer');
    const answer = await service.get(`/api/v1/incidents/${id}`);
    expect([answer.status, answer.body.code]).toEqual([503, 'store.unavailable']);
  });
});
