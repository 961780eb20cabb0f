import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Sessions of people in a browser, and the tokens that open one once (docs/adr/0035). Both tokens are 32 random bytes; only their
 * digests are stored.
 *
 * A session belongs to an access key. One of a key of the environment has no `key_id`, but the digest of its token together with
 * that key: it ends when the key changes, and the key, which a person may have chosen, cannot be guessed from the digest without the
 * token.
 */
export class CreateSessions1766000013000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE sessions (
        id bigint GENERATED ALWAYS AS IDENTITY,
        digest bytea NOT NULL,
        key_id bigint,
        key_proof bytea,
        started_at timestamptz(3) NOT NULL,
        -- To the minute.
        last_used_at timestamptz(3) NOT NULL,
        CONSTRAINT sessions_pkey PRIMARY KEY (id),
        CONSTRAINT sessions_digest_unique UNIQUE (digest),
        CONSTRAINT sessions_key_fkey FOREIGN KEY (key_id) REFERENCES access_keys,
        CONSTRAINT sessions_digest_length CHECK (length(digest) = 32),
        CONSTRAINT sessions_proof_without_key CHECK ((key_id IS NULL) = (key_proof IS NOT NULL))
      );
      CREATE INDEX sessions_by_key ON sessions (coalesce(key_id, 0));

      CREATE TABLE sign_in_tokens (
        digest bytea NOT NULL,
        key_id bigint NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT sign_in_tokens_pkey PRIMARY KEY (digest),
        CONSTRAINT sign_in_tokens_key_fkey FOREIGN KEY (key_id) REFERENCES access_keys,
        CONSTRAINT sign_in_tokens_digest_length CHECK (length(digest) = 32)
      );
      CREATE INDEX sign_in_tokens_by_key ON sign_in_tokens (key_id);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE sign_in_tokens; DROP TABLE sessions;');
  }
}
