import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When each consumer of events was last seen: while a worker is dead nobody takes its part, and the api processes, which are
 * alive, can tell. Those that are registered count as seen by this migration. A worker of the previous release does not say that
 * it lives.
 */
export class KeepConsumersLastSeen1765900000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE event_consumers ADD COLUMN last_seen_at timestamptz(3) NOT NULL DEFAULT now()',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE event_consumers DROP COLUMN last_seen_at');
  }
}
