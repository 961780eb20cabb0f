import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The state of received webhooks.
 *
 * - `received_notifications` counts how often a notification with these bytes was processed completely. It
 *   distinguishes a retry of an incompletely processed notification from a later notification with the same bytes.
 * - `alert_episodes` has the latest episodes of each alert, identified by their start times. Notifications are retried and come
 *   from pairs of Alertmanagers, so a firing one may arrive after the one that resolves it, and a resolved one after the next
 *   has fired.
 */
export class CreateWebhookIntake1766000006000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE received_notifications (
        channel text NOT NULL,
        digest bytea NOT NULL,
        completed integer NOT NULL,
        at timestamptz(3) NOT NULL,
        CONSTRAINT received_notifications_pkey PRIMARY KEY (channel, digest),
        CONSTRAINT received_notifications_channel_fkey FOREIGN KEY (channel) REFERENCES channels (name),
        CONSTRAINT received_notifications_completed_positive CHECK (completed > 0)
      );
      CREATE INDEX received_notifications_at ON received_notifications (at);

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
    await queryRunner.query('DROP TABLE alert_episodes; DROP TABLE received_notifications;');
  }
}
