import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A deduplication key counts within the channel by which it came: otherwise whoever may report could give a report the
 * fingerprint of an alert, and an alert could resolve what a person has reported.
 *
 * Incidents keep their keys, and belong to the channel of their first report. What was unique without the channel is
 * unique with it.
 */
export class ScopeDedupKeys1765310000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX incidents_open_dedup_key;
      CREATE UNIQUE INDEX incidents_open_dedup_key ON incidents (dedup_key, channel)
        WHERE dedup_key IS NOT NULL AND status <> 'CLOSED';
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX incidents_open_dedup_key;
      CREATE UNIQUE INDEX incidents_open_dedup_key ON incidents (dedup_key)
        WHERE dedup_key IS NOT NULL AND status <> 'CLOSED';
    `);
  }
}
