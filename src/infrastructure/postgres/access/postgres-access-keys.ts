import { Injectable } from '@nestjs/common';
import { DatabaseError } from 'pg';
import type { AccessKey, AccessKeyId } from '../../../domain/access/access-key.js';
import {
  AccessKeyInRotation,
  AccessKeyNameTaken,
  AccessKeyNotFound,
  AccessKeyInactive,
} from '../../../domain/access/access-key-errors.js';
import {
  type AccessKeyDraft,
  AccessKeyRepository,
  type IssuedAccessKey,
} from '../../../domain/access/access-key-repository.js';
import { digestOf, keyOf, newSecret } from './key-secrets.js';
import { Database } from '../connection/database.js';
import { fromRow, type RowOf } from '../connection/row.js';
import { prepared, type Statement } from '../connection/statement.js';

const COLUMNS = `id, name, role, can_impersonate AS "canImpersonate", created_at AS "createdAt",
  expires_at AS "expiresAt", revoked_at AS "revokedAt", last_used_at AS "lastUsedAt",
  webhook_secret IS NOT NULL AS "hasWebhookSecret"`;

export const ALL = prepared(`SELECT ${COLUMNS} FROM access_keys ORDER BY id`);

export const FIND = prepared(`SELECT ${COLUMNS} FROM access_keys WHERE id = $1`);

/** Revokes the expired keys of a name, so that they leave room for new ones. */
export const REVOKE_EXPIRED = prepared(
  'UPDATE access_keys SET revoked_at = expires_at WHERE name = $1 AND revoked_at IS NULL AND expires_at <= $2',
);

export const ISSUE = prepared(`
  INSERT INTO access_keys (name, role, can_impersonate, digest, slot, created_at, expires_at)
  SELECT $1, $2, $3, $4, 1, $5, $6
  WHERE NOT EXISTS (SELECT FROM access_keys WHERE name = $1 AND revoked_at IS NULL)
  RETURNING ${COLUMNS}`);

export const ROTATE = prepared(`
  INSERT INTO access_keys (name, role, can_impersonate, first_key_id, webhook_secret, digest, slot, created_at, expires_at)
  SELECT name, role, can_impersonate, coalesce(first_key_id, id), webhook_secret, $2, 3 - slot, $3, $4
  FROM access_keys WHERE id = $1 AND revoked_at IS NULL
  RETURNING ${COLUMNS}`);

export const REVOKE = prepared(
  `UPDATE access_keys SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING ${COLUMNS}`,
);

export const SET_WEBHOOK_SECRET = prepared(
  `UPDATE access_keys SET webhook_secret = $2 WHERE id = $1 RETURNING ${COLUMNS}`,
);

/** The access keys in PostgreSQL, which enforces that a name has at most two live keys. */
@Injectable()
export class PostgresAccessKeys extends AccessKeyRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async issue({ name, role, canImpersonate, expiresAt, at }: AccessKeyDraft): Promise<IssuedAccessKey> {
    await this.database.change(REVOKE_EXPIRED, [name, at]);
    const issued = await this.insert(ISSUE, (digest) => [name, role, canImpersonate, digest, at, expiresAt]);
    if (!issued) throw new AccessKeyNameTaken(name);
    return issued;
  }

  async rotate(id: AccessKeyId, expiresAt: Date | undefined, at: Date): Promise<IssuedAccessKey> {
    const old = await this.find(id);
    if (!old) throw new AccessKeyNotFound(id);
    await this.database.change(REVOKE_EXPIRED, [old.name, at]);
    const issued = await this.insert(ROTATE, (digest) => [id, digest, at, expiresAt]);
    if (issued) return issued;
    const now = await this.find(id);
    throw now!.revokedAt ? new AccessKeyInactive(id) : new AccessKeyInRotation(old.name);
  }

  async revoke(id: AccessKeyId, at: Date): Promise<AccessKey | undefined> {
    const [row] = await this.database.change<RowOf<AccessKey>>(REVOKE, [id, at]);
    return row && fromRow<AccessKey>(row);
  }

  async setWebhookSecret(id: AccessKeyId, secret: string | undefined): Promise<AccessKey | undefined> {
    const [row] = await this.database.change<RowOf<AccessKey>>(SET_WEBHOOK_SECRET, [id, secret]);
    return row && fromRow<AccessKey>(row);
  }

  async find(id: AccessKeyId): Promise<AccessKey | undefined> {
    const [row] = await this.database.query<RowOf<AccessKey>>(FIND, [id]);
    return row && fromRow<AccessKey>(row);
  }

  async all(): Promise<AccessKey[]> {
    return (await this.database.query<RowOf<AccessKey>>(ALL)).map(fromRow<AccessKey>);
  }

  /** Undefined if both slots of the name are taken. */
  private async insert(
    statement: Statement,
    valuesWith: (digest: Buffer) => unknown[],
  ): Promise<IssuedAccessKey | undefined> {
    const secret = newSecret();
    try {
      const [row] = await this.database.change<RowOf<AccessKey>>(statement, valuesWith(digestOf(secret)));
      return row && { key: fromRow<AccessKey>(row), secret: keyOf(row.id, secret) };
    } catch (error) {
      if (error instanceof DatabaseError && error.constraint === 'access_keys_live_slot') return undefined;
      throw error;
    }
  }
}
