import { MAX_COUNTED, type IncidentQuery } from '../../../src/application/incident/incident-list.js';
import type { ClientConfig } from 'pg';
import type { DataSource } from 'typeorm';
import { connectionTo } from '../../../src/infrastructure/postgres/connection/connection.js';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import {
  type ListStatement,
  listStatement,
} from '../../../src/infrastructure/postgres/lists/incident-list-statement.js';
import {
  hitsByIndex,
  hitsByScan,
} from '../../../src/infrastructure/postgres/lists/incident-search-statements.js';
import {
  similarByNumber,
  similarByScan,
  similarByText,
} from '../../../src/infrastructure/postgres/lists/similar-incident-statements.js';
import { migrate } from '../../../src/infrastructure/postgres/schema/migrations.js';
import { aDatabase } from '../../support/databases.js';
import { aStockPostgres, hasStockPostgres } from '../../support/stock-postgres.js';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}

const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];

const from = new Date('2026-01-05T00:00:00Z');
const to = new Date('2026-01-06T00:00:00Z');
const position = { createdAt: new Date('2026-01-10T00:00:00Z'), id: 20_000 };

const FILTERS: Partial<IncidentQuery>[] = [
  {},
  { statuses: ['NEW'] },
  { statuses: ['CLOSED'] },
  { statuses: ['NEW', 'CLOSED'] },
  { sources: ['partner'] },
  { statuses: ['IN_PROGRESS'], sources: ['operator', 'partner'] },
  { createdFrom: from },
  { createdFrom: from, createdTo: to },
  { createdFrom: from, createdTo: to, statuses: ['RESOLVED'], sources: ['monitoring'] },
];
const STARTS: IncidentQuery['start'][] = [
  { offset: 0 },
  { offset: 2_000 },
  { after: position },
  { before: position },
];
const ORDERS: IncidentQuery['order'][] = ['newest-first', 'oldest-first'];

const QUERIES: IncidentQuery[] = [];
for (const filter of FILTERS) {
  for (const start of STARTS)
    for (const order of ORDERS) QUERIES.push({ ...filter, start, order, limit: 20 });
}

interface Server {
  query(text: string): Promise<unknown>;
  readonly connection: ClientConfig;
  close(): Promise<void>;
}

const embedded = async (): Promise<Server> => {
  const database = await aDatabase();
  return {
    query: (text) => database.query(text),
    connection: database.connection,
    close: () => database.drop(),
  };
};
const stock = async (): Promise<Server> => {
  const postgres = await aStockPostgres();
  const connection = connectionTo(postgres.url);
  await migrate(connection);
  return { query: (text) => postgres.query(text), connection, close: () => postgres.remove() };
};
const SERVERS = [
  { server: 'the embedded server', open: embedded },
  ...(hasStockPostgres ? [{ server: 'a stock server', open: stock }] : []),
];

// A third of the rows is of each source; or all are alike, as when one monitor reports to a new service.
const ANY_STATUS = '(enum_range(NULL::incident_status))[1 + n % 4]';
const STATES = [
  { state: 'that has statistics', prepare: 'VACUUM ANALYZE', status: ANY_STATUS, sources: 3, rows: 50_000 },
  {
    state: 'that has filled too fast for statistics',
    prepare: 'SELECT',
    status: `'NEW'`,
    sources: 1,
    rows: 80_000,
  },
  {
    state: 'whose old incidents are closed and whose new ones are not',
    prepare: 'VACUUM ANALYZE',
    status: `CASE WHEN n > 30000 THEN 'NEW' ELSE 'CLOSED' END`,
    sources: 3,
    rows: 50_000,
  },
].flatMap((state) => SERVERS.map((server) => Object.assign({}, state, server)));

describe.each(STATES)(
  'on $server, the list of a large table $state',
  ({ open, prepare, status, sources, rows }) => {
    let database: Server;
    let dataSource: DataSource;
    let requests: Database;

    const planOf = async ({
      settings,
      text,
      values = [],
    }: Omit<ListStatement, 'values'> & { readonly values?: readonly unknown[] }): Promise<Plan[]> => {
      const explain = `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`;
      const [row] = await requests.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        settings ? { settings, text: explain } : explain,
        values,
      );
      return flat(row!['QUERY PLAN'][0].Plan);
    };
    const nodesOf = (query: IncidentQuery) => planOf(listStatement(query));
    const scans = (nodes: Plan[]) =>
      nodes.filter(
        (node) =>
          node['Node Type'] === 'Seq Scan' && /^incident(s|_events)$/.test(node['Relation Name'] ?? ''),
      );

    beforeAll(async () => {
      database = await open();
      await database.query('ALTER TABLE incidents SET (autovacuum_enabled = off)');
      await database.query('ALTER TABLE incident_events SET (autovacuum_enabled = off)');
      await database.query(`
      INSERT INTO incidents (description, status, source, version, created_at, updated_at)
      SELECT 'scooter ' || n || ' is offline', (${status})::incident_status,
        (enum_range(NULL::incident_source))[1 + n % ${sources}], 1, at, at
      FROM (SELECT n, timestamptz '2026-01-01Z' + n * interval '30 s' AS at FROM generate_series(1, ${rows}) AS n) AS x`);
      await database.query(`
      INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
      SELECT id, 1, 'reported', created_at, 'a', description FROM incidents`);
      await database.query(prepare);
      dataSource = await requestDataSource(database.connection, 1).initialize();
      requests = new Database(dataSource);
    });
    afterAll(async () => {
      await dataSource.destroy();
      await database.close();
    });

    it.each(QUERIES)('is read from an index in its order: %j', async (query) => {
      const nodes = await nodesOf(query);
      expect(scans(nodes)).toEqual([]);
      // No rows are filtered out either.
      expect(
        nodes.filter((node) => node['Relation Name'] === 'incidents' && node['Rows Removed by Filter']),
      ).toEqual([]);
      // Rows that an index scan skips show in the pages that it reads: at most one of the index and one of the table for each row.
      for (const node of nodes.filter((each) => each['Relation Name'] === 'incidents')) {
        const pages = node['Shared Hit Blocks'] + node['Shared Read Blocks'];
        expect(pages).toBeLessThanOrEqual(10 + 2 * node['Actual Rows']);
      }
      // Only the rows up to the page, or those that are counted by date, may be sorted; never all matching rows.
      const counted = query.createdFrom || query.createdTo ? MAX_COUNTED + 1 : 0;
      const maxSorted = Math.max(
        counted,
        query.limit + 1 + ('offset' in query.start ? query.start.offset : 0),
      );
      for (const node of nodes.filter((each) => each['Node Type'].includes('Sort'))) {
        expect(node.Plans![0]!['Actual Rows']).toBeLessThanOrEqual(maxSorted);
      }
    });

    it('is searched by the trigram index', async () => {
      const query = {
        text: 'scooter 4242 is',
        order: 'newest-first',
        limit: 20,
        start: { offset: 0 },
      } as const;
      const nodes = await planOf(hitsByIndex(query, 1_900));
      expect(scans(nodes)).toEqual([]);
      expect(nodes.map((node) => node['Index Name'])).toContain('incident_events_search_trigrams');
    });

    it('is scanned by a search only until it has enough hits', async () => {
      for (const filter of FILTERS) {
        const query = {
          ...filter,
          text: 'scooter',
          order: 'newest-first',
          limit: 20,
          start: { offset: 0 },
        } as const;
        const nodes = await planOf(hitsByScan(query, 500, 21, 1_900));
        expect(scans(nodes)).toEqual([]);
        for (const node of nodes) expect(node['Actual Rows']).toBeLessThanOrEqual(500);
      }
    });

    it('is read for similar incidents in its order, up to so many, and then by the trigram index', async () => {
      const query = { id: 1, text: 'scooter 4242 is broken' };
      const scanned = await planOf(similarByScan(query, 500, 1_900));
      expect(scans(scanned)).toEqual([]);
      for (const node of scanned) expect(node['Actual Rows']).toBeLessThanOrEqual(501);
      for (const search of [similarByNumber(query, ['4242'], 1_900), similarByText(query, 1_900)]) {
        const indexed = await planOf(search);
        expect(scans(indexed)).toEqual([]);
        expect(indexed.map((node) => node['Index Name'])).toContain('incident_events_search_trigrams');
        // Only incidents that were found are read.
        for (const node of indexed.filter((each) => each['Relation Name'] === 'incidents'))
          expect(node['Actual Rows']).toBeLessThanOrEqual(1);
      }
    });

    it('has its total without counting rows', async () => {
      const nodes = await nodesOf({
        statuses: ['NEW'],
        order: 'newest-first',
        limit: 1,
        start: { offset: 0 },
      });
      const read = nodes
        .filter((node) => node['Relation Name'] === 'incidents')
        .map((node) => node['Actual Rows']);
      expect(Math.max(...read)).toBeLessThanOrEqual(2);
    });

    it('of what needs attention is read from indexes in its order, whatever else filters it', async () => {
      await database.query(`
        UPDATE incidents SET assignee = 'anna', status = 'IN_PROGRESS' WHERE id % 100 = 0;
        UPDATE incidents SET urgent = true WHERE id % 500 = 0;
        UPDATE incidents SET origin = 'tg:1:' || id WHERE id % 300 = 0;
        UPDATE incidents SET origin = 'tg:2:' || id WHERE id % 20 = 1;
        UPDATE incidents SET channel = 'kafka' WHERE id % 400 = 3`);
      const filters: Partial<IncidentQuery>[] = [
        { statuses: ['NEW'] },
        { assignee: 'anna' },
        { assignee: 'anna', statuses: ['IN_PROGRESS'] },
        { assignee: null },
        { assignee: null, statuses: ['NEW'] },
        { assignee: null, statuses: ['RESOLVED'] },
        { urgent: true },
        { untaken: true },
        { untaken: true, statuses: ['IN_PROGRESS'] },
        { untaken: true, assignee: 'anna' },
        { origin: 'tg:1:300' },
        { chats: ['tg:2'] },
        { chats: ['tg:1', 'tg:2'], statuses: ['NEW', 'CLOSED'] },
        { chats: ['tg:2'], createdFrom: from },
        { channels: ['kafka'] },
        { channels: ['kafka', 'telegram'], statuses: ['NEW', 'CLOSED'] },
      ];
      const orders: IncidentQuery['order'][] = [...ORDERS, 'attention'];
      for (const filter of [{}, ...filters]) {
        for (const start of [{ offset: 0 }, { after: { ...position, attention: 2 } }] as const) {
          for (const order of orders) {
            const nodes = await nodesOf({ ...filter, order, limit: 20, start });
            expect(scans(nodes)).toEqual([]);
            for (const node of nodes.filter((each) => each['Relation Name'] === 'incidents')) {
              expect(node['Actual Rows']).toBeLessThanOrEqual(MAX_COUNTED + 1);
              // By attention, an index has the incidents of each attention and status.
              if (
                order !== 'attention' ||
                Object.keys(filter).every((name) => /^(statuses|untaken)$/.test(name))
              )
                expect(node['Rows Removed by Filter'] ?? 0).toBe(0);
            }
            for (const node of nodes.filter((each) => each['Node Type'].includes('Sort'))) {
              expect(node.Plans![0]!['Actual Rows']).toBeLessThanOrEqual(20 * 25);
            }
          }
        }
      }
    });

    it('of one deduplication key is read from the index of deduplication keys', async () => {
      await database.query(`UPDATE incidents SET dedup_key = 'key-' || id WHERE id % 50 = 0`);
      for (const filter of [
        {},
        { statuses: ['NEW'] },
        { sources: ['partner'] },
        { createdFrom: from },
      ] as const) {
        for (const start of STARTS) {
          const nodes = await nodesOf({
            ...filter,
            dedupKey: 'key-5000',
            order: 'newest-first',
            limit: 20,
            start,
          });
          const used = nodes.filter((node) => node['Relation Name'] === 'incidents');
          expect(new Set(used.map((node) => node['Index Name']))).toEqual(new Set(['incidents_dedup_key']));
        }
      }
    });
  },
);
