import type { DataSource } from 'typeorm';
import { MAX_FEED_PAGE } from '../../../src/application/feed/event-feed.js';
import { READ } from '../../../src/infrastructure/postgres/feed/feed-statements.js';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  Plans?: Plan[];
}

const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];

/** Each incident has one event; each of the last hundred has duplicates in two chats. */
const INCIDENTS = 20_000;
const ORIGINALS = 100;

describe('a page of the event feed', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await aDatabase();
    await database.query(
      `INSERT INTO incidents (description, status, source, version, created_at, updated_at, origin, occurrences)
       SELECT 'd', 'NEW', 'partner', 1, now(), now(), 'tg:' || n % 50 || ':' || n,
         CASE WHEN n > $1::integer - $2::integer THEN 3 ELSE 1 END
       FROM generate_series(1, $1) AS n`,
      [INCIDENTS, ORIGINALS],
    );
    await database.query(
      `INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
       SELECT n, 1, 'reported', now(), 'a', 'd' FROM generate_series(1, $1) AS n`,
      [INCIDENTS],
    );
    await database.query(
      `INSERT INTO duplicate_chats (incident_id, chat)
       SELECT n, 'tg:' || chat FROM generate_series($1::integer - $2::integer + 1, $1) AS n, generate_series(1, 2) AS chat`,
      [INCIDENTS, ORIGINALS],
    );
    await database.query('DELETE FROM feed_queue');
    await database.query(
      `INSERT INTO feed (last_position, incident_ids, seqs)
       SELECT max(n), array_agg(n ORDER BY n), array_fill(1, ARRAY[100]) FROM generate_series(1, $1) AS n GROUP BY (n - 1) / 100`,
      [INCIDENTS],
    );
    await database.query('UPDATE feed_state SET latest = $1', [INCIDENTS]);
    dataSource = await requestDataSource(database.service, 1).initialize();
    await dataSource.query(`PREPARE page AS ${READ.text}`);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const planOf = async (after: number, chats: string): Promise<Plan[]> => {
    const [{ epoch }] = await dataSource.query('SELECT epoch FROM feed_state');
    const [row] = await dataSource.query(
      `EXPLAIN (ANALYZE, FORMAT JSON)
       EXECUTE page (${epoch}, ${after}, NULL, NULL, NULL, NULL, NULL, ${chats}, ${MAX_FEED_PAGE})`,
    );
    return flat(row['QUERY PLAN'][0].Plan);
  };
  /** The rows of a table that the plan reads. */
  const rowsOf = (plans: Plan[], relation: string) =>
    plans
      .filter((plan) => plan['Relation Name'] === relation)
      .reduce((sum, plan) => sum + plan['Actual Rows'] * plan['Actual Loops'], 0);

  it.each([
    ['of all chats', 'NULL'],
    ['of some chats', `'{tg:1,tg:2}'`],
  ])('%s reads each incident once, and nothing of duplicates where there are none', async (_, chats) => {
    const plans = await planOf(0, chats);
    expect(rowsOf(plans, 'incidents')).toBe(MAX_FEED_PAGE);
    const lookups = plans.filter((plan) => plan['Relation Name'] === 'duplicate_chats');
    expect(lookups.map((plan) => plan['Actual Loops'])).toEqual([0]);
    expect(plans.filter((plan) => plan['Node Type'] === 'Seq Scan')).toMatchObject([
      { 'Relation Name': 'feed_state' },
    ]);
  });

  it('reads the chats of duplicates where there are some', async () => {
    const plans = await planOf(INCIDENTS - MAX_FEED_PAGE, `'{tg:1}'`);
    expect(rowsOf(plans, 'incidents')).toBe(MAX_FEED_PAGE);
    expect(rowsOf(plans, 'duplicate_chats')).toBe(2 * ORIGINALS);
  });
});
