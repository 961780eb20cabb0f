import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Access keys. Only the digest of a secret is stored. A secret is 32 random bytes, so a slow hash would add no security.
 *
 * A name has up to two live keys, so that a key can be replaced while both work. A rotated key has a new id and refers to the
 * first key of its chain of rotations: idempotency keys belong to that first key, and not to a name, which may be reused.
 *
 * A key with `can_impersonate` may name the actor for whom it acts; the service trusts it.
 *
 * Keys sign requests, too (docs/adr/0041). HMAC needs the secret itself, which is stored encrypted under a key that is not in the
 * database. A key with a public key has no secret at all. A nonce of a signature is stored as long as the signature could be valid.
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
        digest bytea,
        -- The secret for signatures: AES-256-GCM, of which the key is in the configuration.
        sealed_secret bytea,
        -- Ed25519.
        public_key bytea,
        signed_only boolean NOT NULL DEFAULT false,
        slot smallint NOT NULL,
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3),
        revoked_at timestamptz(3),
        last_used_at timestamptz(3),
        can_impersonate boolean NOT NULL DEFAULT false,
        first_key_id bigint,
        -- Sealed as well: verifies the signatures of senders.
        sealed_webhook_secret bytea,
        CONSTRAINT access_keys_pkey PRIMARY KEY (id),
        CONSTRAINT access_keys_name_valid CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
        CONSTRAINT access_keys_digest_length CHECK (length(digest) = 32),
        CONSTRAINT access_keys_public_key_length CHECK (length(public_key) = 32),
        CONSTRAINT access_keys_secret_or_public_key CHECK ((digest IS NULL) = (public_key IS NOT NULL)),
        CONSTRAINT access_keys_public_key_signs CHECK (public_key IS NULL OR (signed_only AND sealed_secret IS NULL)),
        CONSTRAINT access_keys_two_slots CHECK (slot IN (1, 2)),
        CONSTRAINT access_keys_expiry_after_creation CHECK (expires_at > created_at)
      );
      CREATE UNIQUE INDEX access_keys_live_slot ON access_keys (name, slot) WHERE revoked_at IS NULL;

      -- No foreign key: each signed request inserts a row, and keys are never deleted.
      CREATE TABLE signature_nonces (
        key_id bigint NOT NULL,
        nonce text NOT NULL,
        -- When the request was signed, by the clock of its client.
        created_at timestamptz(3) NOT NULL,
        CONSTRAINT signature_nonces_pkey PRIMARY KEY (key_id, nonce),
        CONSTRAINT signature_nonces_nonce_length CHECK (length(nonce) BETWEEN 1 AND 128)
      );
      CREATE INDEX signature_nonces_by_time ON signature_nonces (created_at);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE signature_nonces; DROP TABLE access_keys; DROP TYPE access_role;');
  }
}
