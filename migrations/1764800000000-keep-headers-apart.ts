import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Beside the bytes of what could not be taken in, its headers are kept: who sent it and by which key are said there.
 *
 * What is the same piece, come again, is seen by its bytes too: a topic that was made anew has places of the old one.
 */
export class KeepHeadersApart1764800000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- Not jsonb, which holds no NUL: names of headers may have any character.
      ALTER TABLE intake_quarantine ADD COLUMN headers json NOT NULL DEFAULT '[]';

      ALTER TABLE intake_quarantine DROP CONSTRAINT intake_quarantine_reference;
      CREATE UNIQUE INDEX intake_quarantine_piece ON intake_quarantine (channel, reference, sha256(payload));
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX intake_quarantine_piece;
      ALTER TABLE intake_quarantine ADD CONSTRAINT intake_quarantine_reference UNIQUE (channel, reference);

      ALTER TABLE intake_quarantine DROP COLUMN headers;
    `);
  }
}
