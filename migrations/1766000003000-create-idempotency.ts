import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The outcomes of requests with an idempotency key, so that a replay gets the original response and changes nothing.
 *
 * A record has either the rejection, or the state of the incident after the request. Version 1 is the report, which is in the
 * history, so the columns from `status` on are null. A description only grows, so its length in code points suffices.
 * `last_seen_at` is also null if no duplicate had been reported by then.
 */
export class CreateIdempotency1766000003000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE idempotency_records (
        scope text NOT NULL,
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        at timestamptz(3) NOT NULL,
        incident_id bigint,
        version integer,
        rejection jsonb,
        status incident_status,
        updated_at timestamptz(3),
        occurrences integer,
        last_seen_at timestamptz(3),
        description_length integer,
        urgent boolean,
        assignee text,
        taken_at timestamptz(3),
        resolved_at timestamptz(3),
        closed_at timestamptz(3),
        duplicate_of bigint,
        CONSTRAINT idempotency_records_pkey PRIMARY KEY (scope, key),
        CONSTRAINT idempotency_records_fingerprint_length CHECK (length(fingerprint) = 32),
        CONSTRAINT idempotency_records_one_outcome CHECK (
          CASE WHEN rejection IS NULL THEN incident_id IS NOT NULL AND version IS NOT NULL
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
