import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What comes by a channel and cannot be taken in is kept, with all its bytes, until somebody has looked at it.
 *
 * Of notifications that come again and again it is kept how often each has been taken in whole, so that one that is sent
 * again because it was not, is told from the next one with the same words.
 */
export class KeepApart1764600000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TYPE quarantine_state AS ENUM ('pending', 'accepted', 'dismissed');

      CREATE TABLE intake_quarantine (
        id bigint GENERATED ALWAYS AS IDENTITY,
        channel incident_channel NOT NULL,
        reference text NOT NULL,
        reason text NOT NULL,
        payload bytea NOT NULL,
        at timestamptz(3) NOT NULL,
        state quarantine_state NOT NULL DEFAULT 'pending',
        settled_by text,
        settled_at timestamptz(3),
        CONSTRAINT intake_quarantine_pkey PRIMARY KEY (id),
        CONSTRAINT intake_quarantine_reference UNIQUE (channel, reference),
        CONSTRAINT intake_quarantine_settled CHECK (
          (state = 'pending') = (settled_at IS NULL) AND (state = 'pending') = (settled_by IS NULL)
        )
      );
      CREATE INDEX intake_quarantine_state ON intake_quarantine (state, channel, id);

      CREATE TABLE intake_deliveries (
        channel incident_channel NOT NULL,
        digest bytea NOT NULL,
        completed integer NOT NULL,
        at timestamptz(3) NOT NULL,
        CONSTRAINT intake_deliveries_pkey PRIMARY KEY (channel, digest),
        CONSTRAINT intake_deliveries_completed_positive CHECK (completed > 0)
      );
      CREATE INDEX intake_deliveries_at ON intake_deliveries (at);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE intake_deliveries;
      DROP TABLE intake_quarantine;
      DROP TYPE quarantine_state;
    `);
  }
}
