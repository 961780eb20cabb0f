import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import type {
  IncidentList,
  IncidentQuery,
  PageStart,
} from '../../../src/application/incident/incident-list.js';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { PostgresIncidentList } from '../../../src/infrastructure/postgres/lists/postgres-incident-list.js';
import { SearchQueue } from '../../../src/infrastructure/postgres/lists/search-queue.js';
import { decodeCursor, encodeCursor } from '../../../src/presentation/http/paging/cursor.js';
import { SystemClock } from '../../../src/infrastructure/system-clock.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { pause } from '../../support/pause.js';

const INSERT = `
  INSERT INTO incidents (description, status, source, version, created_at, updated_at)
  SELECT $1, (enum_range(NULL::incident_status))[1 + $3 % 4], 'operator', 1, at, at
  FROM (SELECT now() + $2 * interval '1 millisecond' AS at) AS x RETURNING id`;

describe('a reader who follows the links of a list', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let list: IncidentList;
  const clients: Client[] = [];

  beforeEach(async () => {
    database = await aDatabase();
    dataSource = await requestDataSource(database.service, 5).initialize();
    const requests = new Database(dataSource);
    list = new PostgresIncidentList(requests, new SystemClock(), new SearchQueue(requests));
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()));
    await dataSource.destroy();
    await database.drop();
  });

  const aClient = async () => {
    const client = new Client(database.service);
    await client.connect();
    clients.push(client);
    return client;
  };
  /** Inserts reports with these offsets of `created_at` from now, in milliseconds; the returned function commits them. */
  const reports = async (name: string, ages: readonly number[]) => {
    const client = await aClient();
    await client.query('BEGIN');
    for (const [i, age] of ages.entries()) await client.query(INSERT, [name + i, age, i]);
    return () => client.query('COMMIT');
  };
  /** A reader who follows cursors, as a client does. */
  const aReader = (query: Pick<IncidentQuery, 'order' | 'limit'> & Partial<IncidentQuery>) => {
    let start: PageStart | undefined = { offset: 0 };
    const seen: string[] = [];
    let pages = 0;
    const next = async () => {
      // A fast machine reads a thousand pages a second while others write.
      if (++pages > 100_000) throw new Error(`the list does not end: ${JSON.stringify(start)}`);
      const page = await list.page({ ...query, start: start! });
      expect(page.incidents.length).toBeLessThanOrEqual(query.limit);
      seen.push(...page.incidents.map(({ description }) => description));
      if (page.next && !('offset' in page.next)) {
        start = decodeCursor(encodeCursor({ order: query.order, start: page.next }))!.start;
        return true;
      }
      return false;
    };
    return { seen, next };
  };

  const FILTERS: Partial<IncidentQuery>[] = [
    {},
    { sources: ['operator', 'partner'] },
    { statuses: ['NEW', 'IN_PROGRESS', 'RESOLVED', 'CLOSED'] },
    { createdFrom: new Date(0) },
  ];

  it.each(FILTERS)('sees, oldest first, reports that are committed behind the reader: %j', async (filter) => {
    const late = await reports('late', [-900, -700, -500]);
    await (
      await reports('early', [-1_000, -800, -600, -400, -300, -200, -100])
    )();
    const reader = aReader({ order: 'oldest-first', limit: 4, ...filter });
    await reader.next();
    expect(reader.seen).toEqual(['early0', 'early1', 'early2', 'early3']);
    await late();
    await reader.next();
    expect(reader.seen.slice(4)).toEqual(['late0', 'late1', 'late2', 'early4']);
    while (await reader.next());
    expect(reader.seen).toHaveLength(10);
    expect(new Set(reader.seen).size).toBe(10);
  });

  it('sees, newest first, reports that are committed between pages, and none that were created after the first page', async () => {
    const late = await reports('late', [-150, -50]);
    await (
      await reports('early', [-400, -300, -200, -100, -10])
    )();
    const reader = aReader({ order: 'newest-first', limit: 3 });
    await reader.next();
    expect(reader.seen).toEqual(['early4', 'early3', 'early2']);
    await late();
    await (
      await reports('new', [1_000])
    )();
    while (await reader.next());
    expect(reader.seen.slice(3)).toEqual(['late1', 'late0', 'early1', 'early0']);
  });

  it.each(['newest-first', 'oldest-first'] as const)(
    'sees each late report once when there are more than fit on a page, %s',
    async (order) => {
      const ages = Array.from({ length: 25 }, (_, i) => -2_000 + 40 * i);
      const first = await reports('first', ages);
      const second = await reports(
        'second',
        ages.map((age) => age + 10),
      );
      await (
        await reports('early', [-2_500, -2_400, -60, -50, -40, -30, -20, -10])
      )();
      const reader = aReader({ order, limit: 3 });
      await reader.next();
      if (order === 'oldest-first') await reader.next();
      await first();
      await reader.next();
      await reader.next();
      // More late reports are committed while the first ones are shown.
      await second();
      while (await reader.next());
      expect(reader.seen).toHaveLength(58);
      expect(new Set(reader.seen).size).toBe(58);
    },
  );

  it('gets links without late reports if all reports so far are settled', async () => {
    await (
      await reports('old', [-60_000, -50_000, -40_000])
    )();
    for (const order of ['newest-first', 'oldest-first'] as const) {
      const { next } = await list.page({ order, limit: 1, start: { offset: 0 } });
      expect(next).toEqual({ after: expect.anything(), passed: undefined });
    }
  });

  it('misses no report while several writers commit at random', async () => {
    const stop = new AbortController();
    const written: string[] = [];
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; !stop.signal.aborted; i++) {
        const commit = await reports(`${writer}-${i}-`, [0, 0, 1]);
        await pause(Math.random() * 60, 'the reports are written and not yet committed for so long');
        await commit();
        await clients.splice(0, clients.length > 20 ? 1 : 0)[0]?.end();
        written.push(`${writer}-${i}-0`, `${writer}-${i}-1`, `${writer}-${i}-2`);
      }
    });
    const reader = aReader({ order: 'oldest-first', limit: 7 });
    const end = performance.now() + 3_000;
    while (performance.now() < end) await reader.next();
    stop.abort();
    await Promise.all(writers);
    // The last page is requested again until it is no longer full: by then the reader has seen it.
    const last = new Set(reader.seen);
    while (await reader.next());
    for (const name of reader.seen) last.add(name);
    expect(written.filter((name) => !last.has(name))).toEqual([]);
  });
});
