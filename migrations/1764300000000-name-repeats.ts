import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Names for what a further report of the same problem does to an incident. PostgreSQL lets nobody use a new name of an
 * enum in the transaction that adds it, so the rules about them come with the next migration.
 */
export class NameRepeats1764300000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TYPE incident_event_type ADD VALUE IF NOT EXISTS 'duplicate_reported'`);
    await queryRunner.query(`ALTER TYPE incident_event_type ADD VALUE IF NOT EXISTS 'reopened'`);
  }

  async down(): Promise<void> {
    // A name of an enum cannot be taken back, and does no harm.
  }
}
