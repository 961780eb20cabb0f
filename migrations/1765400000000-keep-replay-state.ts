import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an incident was after a request with an idempotency key, so that a replay is answered without reading the history.
 *
 * A description only grows, so its length is enough. A record of version 1, and one of before this migration, has none of these
 * columns: of the first the history is one event, and the others are answered from the history until they expire.
 */
export class KeepReplayState1765400000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE idempotency_records
        ADD COLUMN status incident_status,
        ADD COLUMN updated_at timestamptz(3),
        ADD COLUMN occurrences integer,
        ADD COLUMN last_seen_at timestamptz(3),
        ADD COLUMN description_length integer
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE idempotency_records
        DROP COLUMN status, DROP COLUMN updated_at, DROP COLUMN occurrences, DROP COLUMN last_seen_at,
        DROP COLUMN description_length
    `);
  }
}
