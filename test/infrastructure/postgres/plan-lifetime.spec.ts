import { jest } from '@jest/globals';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { COMPLETED } from '../../../src/infrastructure/postgres/webhooks/postgres-received-notifications.js';
import { aDatabase } from '../../support/databases.js';

it('a statement that was planned while its table was small uses the index soon after the table has grown', async () => {
  const database = await aDatabase();
  const dataSource = await requestDataSource(database.service, 1).initialize();
  const clock = jest.spyOn(performance, 'now');
  try {
    const register = new Database(dataSource);
    const look = () => register.query(COMPLETED, [['alertmanager'], [Buffer.from('digest')]]);
    const plan = async () => {
      const lines = await register.query<Record<string, string>>(
        `EXPLAIN EXECUTE "${COMPLETED.name}" ('{}', '{}')`,
      );
      return lines.map((line) => line['QUERY PLAN']).join('\n');
    };
    await database.query('ALTER TABLE received_notifications SET (autovacuum_enabled = off)');
    await database.query('VACUUM (ANALYZE) received_notifications');
    await look();
    expect(await plan()).toContain('Seq Scan on received_notifications');

    await database.query(`
      INSERT INTO received_notifications (channel, digest, completed, at)
      SELECT 'alertmanager', sha256(n::text::bytea), 1, now() FROM generate_series(1, 20000) n`);
    await look();
    expect(await plan()).toContain('Seq Scan on received_notifications');

    clock.mockReturnValue(performance.now() + 5_000);
    await look();
    expect(await plan()).toContain('Index Scan using received_notifications_pkey');
  } finally {
    clock.mockRestore();
    await dataSource.destroy();
    await database.drop();
  }
});
