import { type Answer, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const LIST = '/api/v1/incidents';
const MIB = 1024 * 1024;
/** 60 descriptions of 150,000 bytes: more than 8 MiB. */
const IDS = Array.from({ length: 60 }, (_, n) => n + 1);

describe('pages of long descriptions', () => {
  let service: Service;
  const idsOf = (answer: Answer) => (answer.body as { id: number }[]).map(({ id }) => id);
  const linkOf = (answer: Answer, relation: string) =>
    new RegExp(`<([^>]*)>; rel="${relation}"`).exec(answer.headers.get('link') ?? '')?.[1];

  /** A search in such long texts may time out on a busy machine, with 503. */
  const read = async (path: string): Promise<Answer> => {
    let answer: Answer | undefined;
    await until(async () => (answer = await service.get(path)).status === 200);
    return answer!;
  };

  beforeAll(async () => {
    service = await startService();
    await service.database.query(`
      INSERT INTO incidents (description, status, source, version, created_at, updated_at)
      SELECT 'насос ' || n || repeat(' ы', 49000), 'NEW', 'operator', 1, at, at
      FROM (SELECT n, timestamptz '2026-01-01Z' + n * interval '1 hour' AS at FROM generate_series(1, 60) AS n) AS x
      ORDER BY n`);
    await service.database.query(`
      INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
      SELECT id, 1, 'reported', created_at, 'a', left(description, 10000) FROM incidents`);
  });
  afterAll(() => service.stop());

  it.each([
    ['limit=200', IDS.toReversed()],
    ['limit=200&sort=created_at', IDS],
    ['limit=200&sort=created_at&status=NEW', IDS],
    ['limit=200&sort=created_at&created_from=2026-01-01', IDS],
    ['limit=200&q=насос', IDS.toReversed()],
    ['limit=200&sort=created_at&q=насос', IDS],
    ['limit=40&sort=created_at&q=насос', IDS],
    ['limit=200&sort=created_at&offset=20', IDS.slice(20)],
  ])('are limited in bytes, and complete by their links in both directions: %s', async (query, expected) => {
    const pages: number[][] = [];
    let last: Answer | undefined;
    for (let path: string | undefined = `${LIST}?${query}`; path; path = linkOf(last, 'next')) {
      last = await read(path);
      expect(Buffer.byteLength(last.text)).toBeLessThan(5 * MIB);
      pages.push(idsOf(last));
    }
    expect(pages.flat()).toEqual(expected);
    expect(pages.length).toBeGreaterThan(1);
    // A search has no link to the previous page.
    if (query.includes('q=')) return;
    const before = await read(linkOf(last!, 'prev')!);
    expect(Buffer.byteLength(before.text)).toBeLessThan(5 * MIB);
    expect(idsOf(before).at(-1)).toBe(pages.at(-2)!.at(-1));
  });
});
