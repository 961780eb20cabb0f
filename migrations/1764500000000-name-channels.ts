import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Each incident and each event says by which way it was told. What was there before came over REST; with a default that is
 * a constant, PostgreSQL rewrites neither table.
 *
 * A key may speak for others: what it says of who did something is believed.
 */
export class NameChannels1764500000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TYPE incident_channel AS ENUM ('rest', 'telegram', 'kafka', 'alertmanager');
      ALTER TABLE incidents ADD COLUMN channel incident_channel NOT NULL DEFAULT 'rest';
      ALTER TABLE incident_events ADD COLUMN channel incident_channel NOT NULL DEFAULT 'rest';
      ALTER TABLE access_keys ADD COLUMN can_impersonate boolean NOT NULL DEFAULT false;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE access_keys DROP COLUMN can_impersonate;
      ALTER TABLE incident_events DROP COLUMN channel;
      ALTER TABLE incidents DROP COLUMN channel;
      DROP TYPE incident_channel;
    `);
  }
}
