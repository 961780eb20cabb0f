import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The scopes that end with the name of a key; those of Kafka and of Alertmanager do not. */
const SCOPE = `^((?:POST|PATCH) /incidents(?:/[0-9]+(?:/status)?)?) ([A-Za-z0-9][A-Za-z0-9._-]{0,63})$`;

/**
 * Idempotency keys belong to an access key by its id, and no longer by its name: a new key with the name of a revoked one
 * read the old one's incidents by them. A rotation has an id of its own, so each key knows the one that its rotations began
 * with.
 *
 * A key is a rotation where another one of its name was live when it was made: a key of a name that is free is never made
 * otherwise. A record belongs to the key that was the newest of its name when it was written; where the clocks of the
 * database and the service differ, it may seem older than the first key of its name, to which it then belongs.
 */
export class ScopeIdempotencyKeys1765320000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE access_keys ADD COLUMN first_key_id bigint;

      UPDATE access_keys SET first_key_id = chain.first_key_id
      FROM (
        SELECT id, max(id) FILTER (WHERE is_first) OVER (PARTITION BY name ORDER BY id) AS first_key_id
        FROM (
          SELECT id, name, NOT EXISTS (
            SELECT FROM access_keys AS older
            WHERE older.name = newer.name AND older.id < newer.id
              AND (older.revoked_at IS NULL OR older.revoked_at > newer.created_at)
          ) AS is_first
          FROM access_keys AS newer
        ) AS key
      ) AS chain
      WHERE access_keys.id = chain.id AND chain.first_key_id <> chain.id;

      UPDATE idempotency_records AS record SET scope = named.operation || ' ' || named.principal
      FROM (
        SELECT scope, key, operation, CASE name WHEN 'admin' THEN 'key:environment' ELSE (
          SELECT 'key:' || coalesce(first_key_id, id) FROM access_keys WHERE access_keys.name = parts.name
          ORDER BY created_at <= parts.at DESC,
            CASE WHEN created_at <= parts.at THEN id END DESC, id
          LIMIT 1
        ) END AS principal
        FROM (
          SELECT scope, key, at, match[1] AS operation, match[2] AS name
          FROM idempotency_records, regexp_match(scope, '${SCOPE}') AS match
          WHERE match IS NOT NULL
        ) AS parts
      ) AS named
      WHERE record.scope = named.scope AND record.key = named.key AND named.principal IS NOT NULL;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      UPDATE idempotency_records AS record SET scope = named.operation || ' ' || named.name
      FROM (
        SELECT scope, key, match[1] AS operation, CASE match[2] WHEN 'environment' THEN 'admin' ELSE (
          SELECT name FROM access_keys WHERE id = match[2]::bigint
        ) END AS name
        FROM idempotency_records,
          regexp_match(scope, '^((?:POST|PATCH) /incidents(?:/[0-9]+(?:/status)?)?) key:(environment|[0-9]+)$') AS match
        WHERE match IS NOT NULL
      ) AS named
      WHERE record.scope = named.scope AND record.key = named.key;

      ALTER TABLE access_keys DROP COLUMN first_key_id;
    `);
  }
}
