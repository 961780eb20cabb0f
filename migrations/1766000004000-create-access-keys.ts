import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Access keys. Only the digest of a secret is stored. A secret is 32 random bytes, so a slow hash would add no security.
 *
 * A name has up to two live keys, so that a key can be replaced while both work. A rotated key has a new id and refers to the
 * first key of its chain of rotations: idempotency keys belong to that first key, and not to a name, which may be reused.
 *
 * `webhook_secret` verifies the signatures of a sender: a digest would not do, since the HMAC needs the secret itself.
 *
 * A key with `can_impersonate` may name the actor for whom it acts; the service trusts it.
 */
export class CreateAccessKeys1766000004000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TYPE access_role AS ENUM ('reader', 'reporter', 'operator', 'scraper', 'admin');

      CREATE TABLE access_keys (
        id bigint GENERATED ALWAYS AS IDENTITY,
        name text NOT NULL,
        role access_role NOT NULL,
        -- SHA-256 of the secret.
        digest bytea NOT NULL,
        slot smallint NOT NULL,
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3),
        revoked_at timestamptz(3),
        last_used_at timestamptz(3),
        can_impersonate boolean NOT NULL DEFAULT false,
        first_key_id bigint,
        webhook_secret text,
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
