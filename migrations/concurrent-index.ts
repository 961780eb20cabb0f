import type { QueryRunner } from 'typeorm';

/**
 * Creates an index while requests read and change its table, however large the table is. The migration must have
 * `transaction = false`, since PostgreSQL refuses this in a transaction; so it does nothing else.
 *
 * It waits for all transactions that began before it, and nobody waits behind it: so the time limit of migrations for locks does
 * not apply. What an attempt that failed has left is dropped first.
 * See https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY.
 * @param definition What follows the name in `CREATE INDEX`, such as `ON incidents (channel)`.
 */
export async function createIndexConcurrently(
  queryRunner: QueryRunner,
  name: string,
  definition: string,
): Promise<void> {
  const [{ limit }] = (await queryRunner.query("SELECT current_setting('lock_timeout') AS limit")) as [
    { limit: string },
  ];
  await queryRunner.query('SET lock_timeout = 0');
  try {
    await queryRunner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
    await queryRunner.query(`CREATE INDEX CONCURRENTLY ${name} ${definition}`);
  } finally {
    await queryRunner.query(`SET lock_timeout = '${limit}'`);
  }
}
