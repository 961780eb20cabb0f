import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The imports of files.
 *
 * A row is a file, by the digest of its bytes, and says how many of the file's rows are done. It changes in the transaction that stores
 * the incidents of those rows: each is imported once, however often the import is killed and started again. Rows are never deleted, so
 * that a file is not imported twice months later. An idempotency record for each row of a file would cost as much as the incident,
 * and expires.
 */
export class CreateImports1766000016000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE imports (
        digest bytea NOT NULL,
        settings text NOT NULL,
        position bigint NOT NULL DEFAULT 0,
        accepted bigint NOT NULL DEFAULT 0,
        rejected bigint NOT NULL DEFAULT 0,
        started_at timestamptz(3) NOT NULL DEFAULT now(),
        finished_at timestamptz(3),
        CONSTRAINT imports_pkey PRIMARY KEY (digest),
        CONSTRAINT imports_digest_length CHECK (octet_length(digest) = 32),
        CONSTRAINT imports_position CHECK (accepted >= 0 AND rejected >= 0 AND position = accepted + rejected)
        -- Each batch is a new version of the row, on the same page if there is space.
      ) WITH (fillfactor = 50);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE imports');
  }
}
