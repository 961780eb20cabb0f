import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The transaction that committed a report. Reports are listed by `created_at`, which is earlier than their commit, so a
 * report can appear behind a reader who follows `next`. By the transaction, the next page knows what the page before it could
 * not see (docs/adr/0021).
 *
 * Incidents of earlier versions have none, and were visible before. Without a default at first, PostgreSQL does not
 * rewrite the table.
 */
export class AddCreatedXid1765110000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE incidents ADD COLUMN created_xid bigint;
      ALTER TABLE incidents ALTER COLUMN created_xid SET DEFAULT pg_current_xact_id()::text::bigint;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE incidents DROP COLUMN created_xid');
  }
}
