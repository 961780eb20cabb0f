import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was retried or dismissed is deleted after a while, oldest first. */
export class IndexSettledQuarantine1765500000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE INDEX intake_quarantine_settled_at ON intake_quarantine (settled_at) WHERE state <> 'pending';
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX intake_quarantine_settled_at;');
  }
}
