import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Access keys. Of a secret only its digest is stored: it is 32 random bytes, so there is nothing that a slow hash could add.
 *
 * A name has up to two live keys, so that one can be replaced while both work. A rotation has an id of its own, and knows the
 * key that its rotations began with: idempotency keys belong to that one, and not to a name, which another key may get later.
 *
 * A key that can impersonate is believed whom it says it acts for.
 */
export class CreateAccessKeys1766000004000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TYPE access_role AS ENUM ('reader', 'reporter', 'operator', 'scraper', 'admin');

      CREATE TABLE access_keys (
        id bigint GENERATED ALWAYS AS IDENTITY,
        name text NOT NULL,
        role access_role NOT NULL,
        digest bytea NOT NULL,
        slot smallint NOT NULL,
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3),
        revoked_at timestamptz(3),
        last_used_at timestamptz(3),
        can_impersonate boolean NOT NULL DEFAULT false,
        first_key_id bigint,
        CONSTRAINT access_keys_pkey PRIMARY KEY (id),
        CONSTRAINT access_keys_name_valid CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
        CONSTRAINT access_keys_digest_length CHECK (length(digest) = 32),
        CONSTRAINT access_keys_two_slots CHECK (slot IN (1, 2)),
        CONSTRAINT access_keys_expiry_after_creation CHECK (expires_at > created_at)
      );
      CREATE UNIQUE INDEX access_keys_live_slot ON access_keys (name, slot) WHERE revoked_at IS NULL;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE access_keys; DROP TYPE access_role;');
  }
}
