import type { DataSource } from 'typeorm';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { FIND_EARLIER } from '../../../src/infrastructure/postgres/idempotency/idempotency-records.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';

interface Plan {
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  Plans?: Plan[];
}

const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];

describe('the search for an earlier request', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await aDatabase();
    // The first incident was reported 20,000 times, and others once.
    await database.query(`
      INSERT INTO incidents (id, description, status, source, version, created_at, updated_at) OVERRIDING SYSTEM VALUE
      SELECT n, 'd', 'NEW', 'partner', CASE n WHEN 1 THEN 20000 ELSE 1 END, now(), now() FROM generate_series(1, 20000) n`);
    await database.query(`
      INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
      SELECT n, 1, 'reported', now(), 'a', 'd' FROM generate_series(1, 20000) n`);
    await database.query(`
      INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
      SELECT 1, n, 'duplicate_reported', now(), 'a', 'd' FROM generate_series(2, 20000) n`);
    await database.query(`
      INSERT INTO idempotency_records (scope, key, fingerprint, at, incident_id, version)
      SELECT 'add', n, sha256('a'), now(), n, 1 FROM generate_series(1, 20000) n`);
    await database.query(`
      INSERT INTO idempotency_records (scope, key, fingerprint, at, incident_id, version, status, updated_at, occurrences,
        last_seen_at, description_length)
      SELECT 'repeat', n, sha256('a'), now(), 1, n, 'NEW', now(), n, now(), 1 FROM generate_series(2, 20000) n`);
    dataSource = await requestDataSource(database.service, 1).initialize();
    await dataSource.query(`PREPARE found AS ${FIND_EARLIER.text}`);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it.each([
    ['first reports', 'add', 256],
    ['further reports of an incident with a long history', 'repeat', 0],
  ])('reads only the first event of the history for %s', async (_, scope, events) => {
    const keys = Array.from({ length: 256 }, (_each, n) => n * 70 + 2);
    const [row] = await dataSource.query(
      `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE found ('{${keys.map(() => scope).join()}}', '{${keys.join()}}')`,
    );
    const plans = flat(row['QUERY PLAN'][0].Plan);
    const rowsOf = (relation: string) =>
      plans
        .filter((plan) => plan['Relation Name'] === relation)
        .reduce((sum, plan) => sum + plan['Actual Rows'] * plan['Actual Loops'], 0);
    expect(rowsOf('idempotency_records')).toBe(256);
    expect(rowsOf('incidents')).toBe(256);
    expect(rowsOf('incident_events')).toBe(events);
  });
});
