import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The history names the access key that was verified, beside the actor, which some keys may claim. A name may belong to
 * several keys one after the other, so its id is recorded too.
 *
 * Of what happened before it is not known which key it was: the columns stay null, and no table is rewritten.
 */
export class RecordAccessKeys1765300000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE incident_events ADD COLUMN access_key text, ADD COLUMN access_key_id bigint',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE incident_events DROP COLUMN access_key, DROP COLUMN access_key_id');
  }
}
