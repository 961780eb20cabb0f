import { Client, type ClientConfig } from 'pg';
import type { DataSource } from 'typeorm';
import type { IncidentList } from '../../../src/application/incident/incident-list.js';
import { connectionTo } from '../../../src/infrastructure/postgres/connection/connection.js';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { migrate } from '../../../src/infrastructure/postgres/schema/migrations.js';
import { PostgresIncidentList } from '../../../src/infrastructure/postgres/lists/postgres-incident-list.js';
import { SearchQueue } from '../../../src/infrastructure/postgres/lists/search-queue.js';
import { SystemClock } from '../../../src/infrastructure/system-clock.js';
import { aStockPostgres, hasStockPostgres, type StockPostgres } from '../../support/stock-postgres.js';

const everything = { order: 'newest-first', limit: 20, start: { offset: 0 } } as const;

(hasStockPostgres ? describe : describe.skip)('a search on a stock server', () => {
  let server: StockPostgres;
  beforeAll(async () => (server = await aStockPostgres()));
  afterAll(() => server.remove());

  describe.each(['C', 'C.UTF-8'])('in a database with locale %s', (locale) => {
    let dataSource: DataSource;
    let list: IncidentList;
    let connection: ClientConfig;
    // Without the time limits of requests.
    const fill = async (text: string) => {
      const client = new Client(connection);
      await client.connect();
      await client.query(text);
      await client.end();
    };

    beforeAll(async () => {
      const name = locale === 'C' ? 'bare' : 'lettered';
      await server.query(
        `CREATE DATABASE ${name} ENCODING 'UTF8' LC_COLLATE '${locale}' LC_CTYPE '${locale}' TEMPLATE template0`,
      );
      // The owner of the database is no superuser.
      await server.query(
        `CREATE ROLE ${name} LOGIN; ALTER DATABASE ${name} OWNER TO ${name}; GRANT pg_read_all_data TO ${name}`,
      );
      const url = server.url.replace(/postgres@(.*)\/incidents$/, `${name}@$1/${name}`);
      connection = connectionTo(url);
      await migrate(connection);
      dataSource = await requestDataSource(connection, 5).initialize();
      const database = new Database(dataSource);
      list = new PostgresIncidentList(database, new SystemClock(), new SearchQueue(database));
      await fill(`
        INSERT INTO incidents (description, status, source, version, created_at, updated_at)
        SELECT CASE n WHEN 3 THEN 'САМОКАТ №7' WHEN 4 THEN 'ΣΊΣΥΦΟΣ' WHEN 5 THEN '東京都の障害'
            WHEN 6 THEN normalize('Café Йод', NFD) WHEN 7 THEN 'Café йод' ELSE 'scooter ' || n END,
          'NEW', 'operator', 1, now() - n * interval '1 s', now()
        FROM generate_series(1, 3000) AS n;
        INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
        SELECT id, 1, 'reported', created_at, 'a', description FROM incidents;
        INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
        SELECT 1, 1 + n, 'duplicate_reported', now(), 'a', 'unique ' || n FROM generate_series(1, 50000) AS n;
        ANALYZE`);
    });
    afterAll(() => dataSource.destroy());

    it.each([
      ['самокат', 1],
      ['Σίσυφ', 1],
      ['σίσυφοσ', 1],
      ['東京', 1],
      ['café', 2],
      ['CAFE\u0301', 2],
      ['ЙОД', 2],
      ['unique 4242', 0],
      ['scooter', 2_995],
    ])('finds %s %d times', async (text, times) => {
      const page = await list.page({ ...everything, text });
      expect(page.incidents).toHaveLength(Math.min(times, 20));
      expect(page.total).toBeLessThanOrEqual(times);
      // Only a text that the index cannot know has no exact total beyond the first incidents.
      if (!(locale === 'C' && text === '東京'))
        expect(page).toMatchObject({ total: times, totalIsExact: true });
    });

    it('does not index the texts of duplicates', async () => {
      const indexed = () =>
        dataSource.query(`SELECT pg_relation_size('incident_events_search_trigrams') AS size`) as Promise<
          [{ size: string }]
        >;
      const [{ size }] = await indexed();
      await fill(`
        INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
        SELECT 2, 1 + n, 'duplicate_reported', now(), 'a', md5(n::text) FROM generate_series(1, 20000) AS n`);
      expect(await indexed()).toEqual([{ size }]);
    });

    it('reports after a timeout that the total is inexact, and links to where it stopped', async () => {
      await fill(`
        INSERT INTO incidents (description, status, source, version, created_at, updated_at)
        SELECT repeat('long text ' || n || ' ж', 500), 'NEW', 'operator', 1, now() - n * interval '1 min', now()
        FROM generate_series(1, 20000) AS n`);
      const startedAt = performance.now();
      const page = await list.page({ ...everything, text: 'qz' });
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      expect(page).toMatchObject({ total: 0, totalIsExact: false, next: { after: expect.anything() } });
    });
  });
});
