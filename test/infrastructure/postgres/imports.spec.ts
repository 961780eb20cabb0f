import { hash } from 'node:crypto';
import { Registry } from 'prom-client';
import type { ImportedReport } from '../../../src/application/imports/import-repository.js';
import type { ObjectStore } from '../../../src/infrastructure/s3/object-store.js';
import { INCIDENT_STATUSES } from '../../../src/domain/incident/incident-status.js';
import { ObjectSweep } from '../../../src/infrastructure/postgres/attachments/object-sweep.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { FeedPlacer } from '../../../src/infrastructure/postgres/feed/feed-placer.js';
import { PostgresImports } from '../../../src/infrastructure/postgres/imports/postgres-imports.js';
import { PostgresIncidentRepository } from '../../../src/infrastructure/postgres/incidents/postgres-incident-repository.js';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { StatisticsFolder } from '../../../src/infrastructure/postgres/statistics/statistics-folder.js';
import { AttachmentMetrics } from '../../../src/infrastructure/prometheus/attachment-metrics.js';
import { IncidentMetrics } from '../../../src/infrastructure/prometheus/incident-metrics.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/** Each status, none, and what else a row may have. */
const REPORTS: readonly ImportedReport[] = [undefined, ...INCIDENT_STATUSES].flatMap((status, i) =>
  (['operator', 'monitoring', 'partner'] as const).map((source, j) => ({
    description: `Касса ${i}-${j}`,
    source,
    status,
    actor: `Анна ${j}`,
    accessKey: { id: 7, name: 'importer' },
    channel: 'import',
    urgent: j === 1,
    origin: j === 2 ? `tg:-100123:${i}` : undefined,
    reportedAt: j === 0 ? new Date('2024-05-01T10:00:00Z') : undefined,
  })),
);

/** What differs between two databases with the same content: an incident's transaction, the process that counts, and when it was placed. */
const CONTENT: Readonly<Record<string, string>> = {
  incidents: `SELECT to_jsonb(t) - 'created_xid' AS row FROM incidents t`,
  incident_counts: `SELECT jsonb_build_array(status, source, sum(count)) AS row FROM incident_counts
    GROUP BY status, source HAVING sum(count) <> 0`,
  feed: `SELECT to_jsonb(t) - 'placed_at' AS row FROM feed t`,
  feed_state: 'SELECT to_jsonb(latest) AS row FROM feed_state',
  // Of imports only.
  imports: `SELECT '1'::jsonb AS row`,
};

describe('an import into PostgreSQL', () => {
  const closing: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const close of closing) await close();
  });

  const open = async () => {
    const testDatabase = await aDatabase();
    await testDatabase.query(`INSERT INTO channels (name) VALUES ('import') ON CONFLICT DO NOTHING`);
    const dataSource = await requestDataSource(testDatabase.service, 4).initialize();
    const registry = new Registry();
    closing.push(async () => {
      await dataSource.destroy();
      await testDatabase.drop();
    });
    return { testDatabase, dataSource, registry, database: new Database(dataSource) };
  };

  /** All tables, once what is queued is in them. */
  const contentOf = async ({
    testDatabase,
    database,
  }: {
    testDatabase: TestDatabase;
    database: Database;
  }) => {
    await new FeedPlacer(database).place();
    await new StatisticsFolder(database).fold();
    const tables = await testDatabase.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`,
    );
    const content: Record<string, unknown[]> = {};
    for (const { name } of tables) {
      const all = CONTENT[name] ?? `SELECT to_jsonb(t) AS row FROM ${name} t`;
      const rows = await testDatabase.query<{ row: unknown }>(
        `SELECT row FROM (${all}) AS all_rows ORDER BY row`,
      );
      content[name] = rows.map(({ row }) => row);
    }
    return content;
  };

  it('stores incidents in their statuses as reports and changes of each would', async () => {
    const clock = new VirtualClock();
    const at = clock.now();
    const imported = await open();
    const changed = await open();

    const metrics = new IncidentMetrics(imported.registry);
    const objects = { isConfigured: false } as ObjectStore;
    const imports = new PostgresImports(
      imported.dataSource,
      imported.database,
      metrics,
      new AttachmentMetrics(new Registry()),
      clock,
      objects,
      new ObjectSweep(imported.database, objects),
    );
    const digest = hash('sha256', 'a file', 'buffer');
    await imports.begin({ digest, settings: '' });
    const reports = REPORTS.map((report) => ({ report, files: [] }));
    await imports.store(digest, { after: 0, reports, rejected: 0, principal: 'key:7' });

    const repository = new PostgresIncidentRepository(
      changed.database,
      new IncidentMetrics(changed.registry),
    );
    for (const report of REPORTS) await repository.add({ ...report, at });
    for (const [i, { actor, accessKey, channel, status = 'NEW' }] of REPORTS.entries()) {
      if (status === 'NEW') continue;
      const change = { actor, accessKey, channel, at };
      await repository.change(i + 1, (incident) => incident.moveTo(status, change, 'shortest', null));
    }

    expect(await contentOf(imported)).toEqual(await contentOf(changed));
    expect(await imported.registry.metrics()).toBe(await changed.registry.metrics());
    const statuses = await imported.testDatabase.query(
      'SELECT status, count(*)::integer FROM incidents GROUP BY status ORDER BY status',
    );
    expect(statuses).toEqual(
      INCIDENT_STATUSES.map((status) => ({ status, count: status === 'NEW' ? 6 : 3 })),
    );
  });
});
