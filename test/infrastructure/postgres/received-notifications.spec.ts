import { hash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { OWN_WORK } from '../../../src/domain/access/workload.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { PostgresReceivedNotifications } from '../../../src/infrastructure/postgres/webhooks/postgres-received-notifications.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';

const AT = new Date('2026-11-20T10:00:00Z');

describe('received notifications', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let received: PostgresReceivedNotifications;

  beforeAll(async () => {
    database = await aDatabase();
    await database.query(
      `INSERT INTO channels (name) VALUES ('alertmanager'), ('grafana') ON CONFLICT DO NOTHING`,
    );
    dataSource = await requestDataSource(database.service, 4).initialize();
    received = new PostgresReceivedNotifications(new Database(dataSource));
  });
  afterAll(async () => {
    await dataSource?.destroy();
    await database?.drop();
  });

  const notification = (n: number) => ({
    channel: n % 2 ? ('grafana' as const) : ('alertmanager' as const),
    digest: hash('sha256', `${n}`, 'buffer'),
  });
  const countsOf = (ns: readonly number[]) =>
    Promise.all(ns.map((n) => received.completed(notification(n), OWN_WORK)));
  const complete = (n: number, before: number) => received.complete(notification(n), before, AT, OWN_WORK);

  it('are counted each for itself, however many are counted at once', async () => {
    const all = Array.from({ length: 700 }, (_, n) => n);
    expect(await countsOf(all)).toEqual(all.map(() => 0));
    await Promise.all(all.filter((n) => n % 3 === 0).map((n) => complete(n, 0)));
    await Promise.all(all.filter((n) => n % 6 === 0).map((n) => complete(n, 1)));
    expect(await countsOf(all)).toEqual(all.map((n) => (n % 6 === 0 ? 2 : n % 3 === 0 ? 1 : 0)));
  });

  it('are counted once for all attempts, also for those that end together', async () => {
    await Promise.all([complete(1_000, 0), complete(1_000, 0), complete(1_001, 0)]);
    await complete(1_000, 0);
    expect(await countsOf([1_001, 1_000, 1_000])).toEqual([1, 1, 1]);
    // The later count wins, wherever it is in the batch.
    await Promise.all([complete(1_000, 2), complete(1_000, 1)]);
    await complete(1_000, 0);
    expect(await countsOf([1_000])).toEqual([3]);
  });
});
