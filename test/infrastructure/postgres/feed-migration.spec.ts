import { migrationDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { aDatabase } from '../../support/databases.js';

const FEED = 'CreateFeed1766100000000';

describe('the migration to the event feed', () => {
  it('queues the pending events of the outbox, in the order of each incident, and lets the relay start with them', async () => {
    const database = await aDatabase();
    const dataSource = await migrationDataSource(database.connection).initialize();
    try {
      const isApplied = async () =>
        (await database.query('SELECT FROM migrations WHERE name = $1', [FEED])).length > 0;
      while (await isApplied()) await dataSource.undoLastMigration({ transaction: 'all' });
      const report = (ids: string) =>
        database.query(`
          INSERT INTO incidents (description, status, source, version, created_at, updated_at)
          SELECT 'a', 'NEW', 'operator', 2, now(), now() FROM ${ids} AS n;
          INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
          SELECT n, 1, 'reported', now(), 'a', 'a' FROM ${ids} AS n;
          INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
          SELECT n, 2, 'description_appended', now(), 'a', 'a' FROM ${ids} AS n`);
      await report('generate_series(1, 10)');
      await database.query(`INSERT INTO event_consumers (name, since) VALUES ('kafka', now())`);
      await report('generate_series(11, 260)');
      await dataSource.runMigrations({ transaction: 'each' });

      const queued = await database.query<{ ids: string[]; seqs: number[] }>(
        'SELECT incident_ids AS ids, seqs FROM feed_queue ORDER BY number',
      );
      expect(queued.every(({ seqs }) => seqs.length <= 100)).toBe(true);
      const events = queued.flatMap(({ ids, seqs }) => ids.map((id, i) => `${id}-${seqs[i]}`));
      expect(events).toEqual(
        Array.from({ length: 500 }, (_, i) => `${11 + Math.floor(i / 2)}-${1 + (i % 2)}`),
      );
      expect(await database.query('SELECT name, position::int FROM feed_consumers')).toEqual([
        { name: 'kafka', position: 0 },
      ]);
      expect(await database.query(`SELECT to_regclass('event_outbox') AS old`)).toEqual([{ old: null }]);

      // Undone, events that the relay has not sent are in the outbox again.
      while (await isApplied()) await dataSource.undoLastMigration({ transaction: 'all' });
      const [{ count }] = (await database.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM event_outbox',
      )) as [{ count: number }];
      expect(count).toBe(500);
    } finally {
      await dataSource.destroy();
      await database.drop();
    }
  });
});
