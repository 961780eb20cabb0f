import { DatabaseError } from 'pg';
import type { DataSource } from 'typeorm';
import type {
  IncidentFilters,
  IncidentList,
  IncidentPage,
  IncidentQuery,
  ListOrder,
  PageStart,
} from '../../../src/application/incident/incident-list.js';
import { UNTAKEN } from '../../../src/domain/incident/attention.js';
import type { Incident } from '../../../src/domain/incident/incident.js';
import { StoreUnavailable } from '../../../src/application/operations/store-unavailable.js';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import type { SetUpStatement } from '../../../src/infrastructure/postgres/connection/statement.js';
import { PostgresIncidentList } from '../../../src/infrastructure/postgres/lists/postgres-incident-list.js';
import { SearchQueue } from '../../../src/infrastructure/postgres/lists/search-queue.js';
import { SystemClock } from '../../../src/infrastructure/system-clock.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';

/** Every statement that is planned each time times out, as in a register with millions of incidents. */
class SlowDatabase extends Database {
  override async query<Row extends object>(...args: Parameters<Database['query']>): Promise<Row[]> {
    if ((args[0] as SetUpStatement).settings) {
      const cause = Object.assign(new DatabaseError('canceling statement', 0, 'error'), { code: '57014' });
      throw new StoreUnavailable({ cause });
    }
    return super.query<Row>(...args);
  }
}

const SOME = new Date('2026-01-01T00:20:00Z');
const FILTERS: readonly IncidentFilters[] = [
  { statuses: ['IN_PROGRESS'] },
  { statuses: ['NEW', 'CLOSED'] },
  { sources: ['partner'] },
  { assignee: 'anna' },
  { assignee: null },
  { urgent: true },
  { urgent: false },
  { untaken: true },
  { untaken: false },
  { channels: ['kafka'] },
  { channels: ['rest', 'telegram'] },
  { chats: ['tg:1', 'tg:2'] },
  { origin: 'tg:1:7' },
  { dedupKey: 'key-3' },
  { createdFrom: SOME },
  { createdTo: SOME },
];
const PAIRS = FILTERS.flatMap((one, i) =>
  FILTERS.slice(i).map((other): IncidentFilters => Object.assign({}, one, other)),
);
const ORDERS: readonly ListOrder[] = ['newest-first', 'oldest-first', 'attention'];

describe('A list that takes too long should', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let quick: IncidentList;
  let slow: IncidentList;

  beforeAll(async () => {
    database = await aDatabase();
    await database.query(`
      INSERT INTO incidents (description, status, source, version, created_at, updated_at, assignee, urgent, channel, origin, dedup_key)
      SELECT 'a', status, (enum_range(NULL::incident_source))[1 + n % 3], 1, '2026-01-01Z'::timestamptz + n * interval '20 s', now(),
        CASE WHEN status <> 'NEW' THEN (ARRAY['anna', 'boris', NULL])[1 + n / 5 % 3] END, n % 7 = 0,
        (ARRAY['rest', 'kafka', 'telegram'])[1 + n / 4 % 3], 'tg:' || n % 3 || ':' || n % 9, 'key-' || n
      FROM (SELECT n, (enum_range(NULL::incident_status))[1 + n / 3 % 4] AS status FROM generate_series(1, 150) AS n) AS numbers`);
    dataSource = await requestDataSource(database.connection, 5).initialize();
    const requests = new Database(dataSource);
    quick = new PostgresIncidentList(requests, new SystemClock(), new SearchQueue(requests));
    slow = new PostgresIncidentList(
      new SlowDatabase(dataSource),
      new SystemClock(),
      new SearchQueue(requests),
    );
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it.each(ORDERS)(
    'show the same incidents on the same pages as one that does not, %s',
    async (order) => {
      const { incidents } = await quick.page({ order, limit: 200, start: { offset: 0 } });
      expect(incidents).toHaveLength(150);
      for (const filters of PAIRS) {
        const query = { ...filters, order, limit: 15 };
        const expected = await pages(quick, query, (page) => page.next);
        expect({ filters, ids: expected.flatMap(idsOf) }).toEqual({
          filters,
          ids: incidents.filter((incident) => passes(incident, filters)).map(({ id }) => id),
        });
        const found = await pages(slow, query, (page) => page.next);
        expect({ filters, ids: found.map(idsOf) }).toEqual({ filters, ids: expected.map(idsOf) });

        const last = expected.at(-1)!.incidents[0];
        if (!last) continue;
        const backwards = (list: IncidentList) =>
          pages(list, query, (page) => page.previous, { before: last });
        expect({ filters, ids: (await backwards(slow)).map(idsOf) }).toEqual({
          filters,
          ids: (await backwards(quick)).map(idsOf),
        });
      }
    },
    60_000,
  );

  it('end with a page that says how many there are at least', async () => {
    const query = { assignee: 'anna', urgent: true, order: 'attention', limit: 200 } as const;
    const { total } = await quick.page({ ...query, start: { offset: 0 } });
    expect(total).toBeGreaterThan(3);

    expect(await slow.page({ ...query, start: { offset: 0 } })).toMatchObject({ total, totalIsExact: true });
    expect(await slow.page({ ...query, limit: 2, start: { offset: 0 } })).toMatchObject({
      total: 3,
      totalIsExact: false,
    });
    expect(
      (await slow.page({ ...query, limit: 2, start: { offset: 2 } })).incidents.map(({ id }) => id),
    ).toEqual((await quick.page({ ...query, limit: 2, start: { offset: 2 } })).incidents.map(({ id }) => id));
  });
});

function passes({ state, attention }: Incident, filters: IncidentFilters): boolean {
  const isUntaken = UNTAKEN.includes(attention);
  const { statuses, sources, channels, chats, createdFrom, createdTo } = filters;
  return (
    (statuses?.includes(state.status) ?? true) &&
    (sources?.includes(state.source) ?? true) &&
    (channels?.includes(state.channel) ?? true) &&
    (chats?.some((chat) => state.origin!.startsWith(`${chat}:`)) ?? true) &&
    (filters.assignee === undefined || (state.assignee ?? null) === filters.assignee) &&
    (filters.urgent ?? state.urgent) === state.urgent &&
    (filters.untaken ?? isUntaken) === isUntaken &&
    (filters.origin ?? state.origin) === state.origin &&
    (filters.dedupKey ?? state.dedupKey) === state.dedupKey &&
    (createdFrom ?? state.createdAt) <= state.createdAt &&
    (createdTo === undefined || state.createdAt < createdTo)
  );
}

const idsOf = ({ incidents }: IncidentPage) => incidents.map(({ id }) => id);

/** All pages of a list that have incidents. */
async function pages(
  list: IncidentList,
  query: Omit<IncidentQuery, 'start'>,
  further: (page: IncidentPage) => PageStart | undefined,
  first: PageStart = { offset: 0 },
): Promise<IncidentPage[]> {
  const read: IncidentPage[] = [];
  for (let start: PageStart | undefined = first; start;) {
    const page: IncidentPage = await list.page({ ...query, start });
    read.push(page);
    start = further(page);
  }
  return read;
}
