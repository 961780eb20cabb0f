import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Messages that a channel received and could not accept: quarantined verbatim, with their headers, for operator review.
 *
 * A redelivery is recognized by its reference and its bytes. The reference alone is not enough: a topic that was created again
 * has the positions of the old one. Resolved messages are deleted after a while, oldest first.
 */
export class CreateQuarantine1766000005000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TYPE quarantine_state AS ENUM ('pending', 'accepted', 'dismissed');

      CREATE TABLE intake_quarantine (
        id bigint GENERATED ALWAYS AS IDENTITY,
        channel text NOT NULL,
        reference text NOT NULL,
        reason text NOT NULL,
        payload bytea NOT NULL,
        at timestamptz(3) NOT NULL,
        state quarantine_state NOT NULL DEFAULT 'pending',
        resolved_by text,
        resolved_at timestamptz(3),
        -- Names, and values in base64. Not jsonb, which cannot contain NUL: names of headers may have any character.
        headers json NOT NULL DEFAULT '[]',
        CONSTRAINT intake_quarantine_pkey PRIMARY KEY (id),
        CONSTRAINT intake_quarantine_channel_fkey FOREIGN KEY (channel) REFERENCES channels (name),
        CONSTRAINT intake_quarantine_resolved CHECK (
          (state = 'pending') = (resolved_at IS NULL) AND (state = 'pending') = (resolved_by IS NULL)
        )
      );
      CREATE INDEX intake_quarantine_state ON intake_quarantine (state, channel, id);
      CREATE UNIQUE INDEX intake_quarantine_message ON intake_quarantine (channel, reference, sha256(payload));
      CREATE INDEX intake_quarantine_resolved_at ON intake_quarantine (resolved_at) WHERE state <> 'pending';
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE intake_quarantine; DROP TYPE quarantine_state;');
  }
}
