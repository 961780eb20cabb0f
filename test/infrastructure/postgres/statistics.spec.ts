import type { DataSource } from 'typeorm';
import type { StatisticsQuery } from '../../../src/application/statistics/incident-statistics.js';
import { MAX_PERCENTILE_ERROR, type StatisticsGrouping } from '../../../src/domain/statistics/statistics.js';
import { mondayOf } from '../../../src/domain/statistics/statistics-range.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { PostgresIncidentStatistics } from '../../../src/infrastructure/postgres/statistics/postgres-incident-statistics.js';
import { StatisticsFolder } from '../../../src/infrastructure/postgres/statistics/statistics-folder.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';

const INCIDENTS = 3_000;

interface Row {
  readonly day: string;
  readonly source: string;
  readonly channel: string;
  readonly assignee: string | null;
  readonly status: string;
  readonly take: number | null;
  readonly resolve: number | null;
}

/** The percentile of all durations, where those that have not ended are infinite. */
function exactPercentile(ended: readonly number[], open: number, share: number): number | undefined {
  const all = [...ended, ...Array<number>(open).fill(Infinity)].toSorted((a, b) => a - b);
  const found = all[Math.ceil(all.length * share) - 1];
  return found === Infinity ? undefined : found;
}

describe('statistics in PostgreSQL', () => {
  let testDatabase: TestDatabase;
  let dataSource: DataSource;
  let folder: StatisticsFolder;
  let statistics: PostgresIncidentStatistics;
  let database: Database;

  beforeAll(async () => {
    testDatabase = await aDatabase();
    dataSource = await requestDataSource(testDatabase.service, 4).initialize();
    database = new Database(dataSource);
    folder = new StatisticsFolder(database);
    statistics = new PostgresIncidentStatistics(database);
    await testDatabase.query(`
      INSERT INTO incidents (description, status, source, channel, version, created_at, updated_at)
      SELECT 'a', 'NEW', (enum_range(NULL::incident_source))[1 + n % 3], (ARRAY['rest', 'kafka'])[1 + n % 2], 1,
        timestamptz '2026-01-01Z' + n * interval '40 minutes', now()
      FROM generate_series(1, ${INCIDENTS}) AS n`);
  });
  afterAll(async () => {
    await database.onApplicationShutdown();
    await dataSource.destroy();
    await testDatabase.drop();
  });

  /** Moves some incidents to a status, with plausible assignees and times. */
  const move = (modulus: number, remainder: number, status: string) =>
    testDatabase.query(`
      UPDATE incidents SET status = '${status}', version = version + 1,
        assignee = CASE WHEN id % 7 > 0 THEN 'person ' || id % 9 END,
        taken_at = coalesce(taken_at, created_at + (1.01 ^ (id % 1500)) * interval '1 second'),
        resolved_at = CASE WHEN '${status}' IN ('RESOLVED', 'CLOSED')
          THEN created_at + (1.01 ^ (id % 1700) + version) * interval '1 second' END
      WHERE id % ${modulus} = ${remainder}`);

  const rows = () =>
    testDatabase.query<Row>(`
      SELECT (created_at AT TIME ZONE 'UTC')::date::text AS day, source, channel, assignee, status,
        extract(epoch FROM taken_at - created_at)::float8 AS take, extract(epoch FROM resolved_at - created_at)::float8 AS resolve
      FROM incidents`);

  const keyOf = (row: Row, by: StatisticsGrouping | undefined): string | null => {
    if (by === 'week') return mondayOf(row.day);
    return by ? row[by] : null;
  };

  /** Compares statistics with those computed from all incidents. */
  const expectExact = async (query: StatisticsQuery) => {
    const { groups } = await statistics.read(query);
    const counted = (await rows()).filter(({ day }) => day >= query.from && day < query.to);
    const expected = Map.groupBy(counted, (row) => keyOf(row, query.by));
    expect(new Set(groups.map(({ key }) => key ?? null))).toEqual(new Set(expected.keys()));
    for (const group of groups) {
      const some = expected.get(group.key ?? null)!;
      const open = some.filter(({ status }) => status === 'NEW' || status === 'IN_PROGRESS');
      const taken = some.flatMap(({ take }) => take ?? []);
      const resolved = some.flatMap(({ resolve }) => resolve ?? []);
      expect(group).toMatchObject({
        reported: some.length,
        taken: taken.length,
        resolved: some.length - open.length,
        open: open.length,
        untaken: open.filter(({ assignee }) => assignee === null).length,
      });
      const untaken = open.filter(({ take }) => take === null).length;
      for (const [found, ended, censored] of [
        [group.timeToTake, taken, untaken],
        [group.timeToResolve, resolved, open.length],
      ] as const) {
        for (const [name, share] of [
          ['p50', 0.5],
          ['p90', 0.9],
        ] as const) {
          const exact = exactPercentile(ended, censored, share);
          if (exact === undefined) expect(found[name]).toBeUndefined();
          else expect(Math.abs(found[name]! / exact - 1)).toBeLessThan(MAX_PERCENTILE_ERROR + 0.001);
        }
      }
    }
  };

  it('are those of all incidents after any changes, while several processes fold the queue', async () => {
    const queries = (['source', 'channel', 'week', 'assignee', undefined] as const).flatMap((by) => [
      { from: '2026-01-01', to: '2026-12-31', by },
      { from: '2026-01-07', to: '2026-02-19', by },
    ]);
    for (const [modulus, remainder, status] of [
      [2, 0, 'IN_PROGRESS'],
      [3, 0, 'RESOLVED'],
      [5, 1, 'CLOSED'],
      [6, 0, 'IN_PROGRESS'],
      [11, 3, 'RESOLVED'],
    ] as const) {
      await Promise.all([move(modulus, remainder, status), folder.fold(), folder.fold(), folder.fold()]);
      for (const query of queries) await expectExact(query);
    }
    while (await folder.fold());
    expect(await testDatabase.query('SELECT FROM incident_statistics_queue')).toEqual([]);
    for (const query of queries) await expectExact(query);
  }, 60_000);
});
