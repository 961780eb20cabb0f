import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The latest episodes of each alert, by the times when they began: notifications are retried and come from pairs of
 * Alertmanagers, so a firing one may come after the one that resolves it, and a resolved one after the next has fired.
 *
 * Of alerts from before this migration nothing is known until they are next heard of; until then they are treated as before.
 */
export class KeepAlertEpisodes1765800000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE alert_episodes (
        dedup_key text NOT NULL,
        reported timestamptz(3),
        resolved timestamptz(3),
        resolved_at timestamptz(3),
        at timestamptz(3) NOT NULL,
        CONSTRAINT alert_episodes_pkey PRIMARY KEY (dedup_key)
      );
      CREATE INDEX alert_episodes_at ON alert_episodes (at);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE alert_episodes');
  }
}
