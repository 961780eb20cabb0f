import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What became of requests with an idempotency key, so that a repeat is answered and not done again.
 *
 * An incident as a request left it is not kept here: the history up to that version tells all of it.
 */
export class RememberRequests1764000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE idempotency_records (
        scope text NOT NULL,
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        at timestamptz(3) NOT NULL,
        incident_id bigint,
        version integer,
        refusal jsonb,
        CONSTRAINT idempotency_records_pkey PRIMARY KEY (scope, key),
        CONSTRAINT idempotency_records_fingerprint_length CHECK (length(fingerprint) = 32),
        CONSTRAINT idempotency_records_one_outcome CHECK (
          CASE WHEN refusal IS NULL THEN incident_id IS NOT NULL AND version IS NOT NULL
          ELSE incident_id IS NULL AND version IS NULL END
        )
      );
      CREATE INDEX idempotency_records_at ON idempotency_records (at);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE idempotency_records');
  }
}
