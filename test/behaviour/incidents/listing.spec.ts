import { type Answer, type Service, startService } from '../../support/service.js';

const LIST = '/api/v1/incidents';

describe('listing incidents', () => {
  let service: Service;
  const idsOf = (answer: Answer) => (answer.body as { id: number }[]).map(({ id }) => id);
  const linkOf = (answer: Answer, relation: string) =>
    new RegExp(`<([^>]*)>; rel="${relation}"`).exec(answer.headers.get('link') ?? '')?.[1];

  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  it('returns an empty page without incidents', async () => {
    const answer = await service.get(LIST);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual([]);
    expect(answer.headers.get('x-total-count')).toBe('0');
    expect(answer.headers.get('content-range')).toBe('incidents */0');
    expect(linkOf(answer, 'next')).toBeUndefined();
  });

  describe('with 60 of them', () => {
    beforeAll(async () => {
      await service.database.query(`
        INSERT INTO incidents (description, status, source, version, created_at, updated_at)
        SELECT 'incident ' || n,
               (enum_range(NULL::incident_status))[1 + n % 4],
               (enum_range(NULL::incident_source))[1 + n % 3],
               1, at, at
        FROM (SELECT n, timestamptz '2026-01-01Z' + n * interval '1 hour' AS at FROM generate_series(1, 60) AS n) AS x
        ORDER BY n`);
      await service.database.query(`
        INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
        SELECT id, 1, 'reported', created_at, 'a', description FROM incidents`);
    });

    it('returns 50, newest first, with total and range', async () => {
      const answer = await service.get(LIST);
      expect(idsOf(answer)).toEqual(Array.from({ length: 50 }, (_, i) => 60 - i));
      expect(answer.headers.get('x-total-count')).toBe('60');
      expect(answer.headers.get('content-range')).toBe('incidents 0-49/60');
      expect(linkOf(answer, 'prev')).toBeUndefined();
    });

    it('reaches the last page and the first one again by the links', async () => {
      const seen: number[] = [];
      let path: string | undefined = `${LIST}?limit=7&sort=created_at&source=operator,partner`;
      let last: Answer | undefined;
      while (path) {
        last = await service.get(path);
        seen.push(...idsOf(last));
        path = linkOf(last, 'next');
      }
      expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => i + 1).filter((n) => n % 3 !== 1));
      expect(last!.headers.get('content-range')).toBe('incidents */40');
      expect(idsOf(await service.get(linkOf(last!, 'prev')!))).toEqual(seen.slice(28, 35));
      expect(idsOf(await service.get(linkOf(last!, 'first')!))).toEqual(seen.slice(0, 7));
    });

    it.each([
      ['status=NEW', (n: number) => n % 4 === 0],
      ['status=NEW,CLOSED', (n: number) => n % 4 === 0 || n % 4 === 3],
      ['status=NEW&status=CLOSED', (n: number) => n % 4 === 0 || n % 4 === 3],
      ['source=monitoring', (n: number) => n % 3 === 1],
      ['status=RESOLVED&source=operator', (n: number) => n % 4 === 2 && n % 3 === 0],
      ['created_from=2026-01-02T00:00:00Z', (n: number) => n >= 24],
      ['created_from=2026-01-02T03:00:00%2B03:00', (n: number) => n >= 24],
      ['created_from=2026-01-02', (n: number) => n >= 24],
      ['created_to=2026-01-02', (n: number) => n < 24],
      [
        'created_from=2026-01-02&created_to=2026-01-03&status=NEW',
        (n: number) => n >= 24 && n < 48 && n % 4 === 0,
      ],
      ['created_from=0001-01-01T00:00:00Z&created_to=9999-12-31T23:59:59Z', () => true],
      ['created_from=0001-01-01T14:00:00%2B14:00', () => true],
    ])('filters by ?%s', async (query, passes) => {
      const expected = Array.from({ length: 60 }, (_, i) => i + 1).filter(passes);
      const answer = await service.get(`${LIST}?limit=200&sort=created_at&${query}`);
      expect(idsOf(answer)).toEqual(expected);
      expect(answer.headers.get('x-total-count')).toBe(String(expected.length));
    });

    it('returns each incident once by the links while incidents arrive', async () => {
      const before = idsOf(await service.get(`${LIST}?limit=200`));
      const seen: number[] = [];
      let path: string | undefined = `${LIST}?limit=9`;
      while (path) {
        const page: Answer = await service.get(path);
        seen.push(...idsOf(page));
        await service.report();
        path = linkOf(page, 'next');
      }
      expect(seen).toEqual(before);
      await service.database.query('ALTER TABLE incident_events DISABLE TRIGGER USER');
      await service.database.query('DELETE FROM incident_events WHERE incident_id > 60');
      await service.database.query('ALTER TABLE incident_events ENABLE TRIGGER USER');
      await service.database.query('DELETE FROM incidents WHERE id > 60');
    });

    it('paginates a search by the links', async () => {
      const first = await service.get(`${LIST}?q=INCIDENT%201&limit=4&sort=created_at`);
      expect(first.headers.get('x-total-count')).toBe('11');
      const second = await service.get(linkOf(first, 'next')!);
      expect([...idsOf(first), ...idsOf(second)]).toEqual([1, 10, 11, 12, 13, 14, 15, 16]);
    });

    it('returns an empty page with the total past the end', async () => {
      const answer = await service.get(`${LIST}?offset=10000`);
      expect(answer.body).toEqual([]);
      expect(answer.headers.get('content-range')).toBe('incidents */60');
      expect(linkOf(answer, 'next')).toBeUndefined();
    });

    it('marks a total that is a lower bound', async () => {
      await service.database.query(`
        INSERT INTO incidents (description, status, source, version, created_at, updated_at)
        SELECT 'x', 'NEW', 'operator', 1, '2027-01-01Z', '2027-01-01Z' FROM generate_series(1, 10001)`);
      const answer = await service.get(`${LIST}?limit=1&created_from=2027-01-01`);
      expect(answer.headers.get('x-total-count')).toBe('10000');
      expect(answer.headers.get('x-total-count-relation')).toBe('gte');
      expect(answer.headers.get('content-range')).toBe('incidents 0-0/*');
      const exact = await service.get(`${LIST}?limit=1&status=NEW&source=operator`);
      expect(exact.headers.get('x-total-count')).toBe('10006');
      expect(exact.headers.has('x-total-count-relation')).toBe(false);
      expect(
        idsOf(await service.get(linkOf(await service.get(`${LIST}?limit=1&offset=10000`), 'next')!)),
      ).toHaveLength(1);
    });
  });

  it('cuts descriptions to their first line, if asked for excerpts', async () => {
    const descriptions = ['\n  Самокат #42 оффлайн\nу метро', `${'x'.repeat(199)}😀y`, 'short'];
    for (const description of descriptions) await service.report({ description, origin: 'a:1' });
    const [plain, excerpts] = await Promise.all(
      ['', '&excerpt=true'].map((parameter) => service.get(`${LIST}?origin=a:1${parameter}`)),
    );
    expect(plain!.body.map((each: any) => each.description)).toEqual(descriptions.toReversed());
    expect(excerpts!.body).toEqual(
      plain!.body.map((each: any, i: number) =>
        Object.assign(each, { description: ['short', `${'x'.repeat(199)}…`, 'Самокат #42 оффлайн'][i] }),
      ),
    );
  });
});
