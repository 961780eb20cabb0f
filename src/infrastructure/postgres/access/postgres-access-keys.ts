import { Injectable } from '@nestjs/common';
import { DatabaseError } from 'pg';
import type { AccessKey, AccessKeyId } from '../../../domain/access/access-key.js';
import {
  AccessKeyInRotation,
  AccessKeyNameTaken,
  AccessKeyNotFound,
  AccessKeyInactive,
  PublicKeyRequired,
} from '../../../domain/access/access-key-errors.js';
import {
  type AccessKeyDraft,
  AccessKeyRepository,
  type AccessKeyRotation,
  type IssuedAccessKey,
} from '../../../domain/access/access-key-repository.js';
import { digestOf, keyOf, newSecret } from './key-secrets.js';
import { SecretSealing } from './secret-sealing.js';
import { Database } from '../connection/database.js';
import { fromRow, type RowOf } from '../connection/row.js';
import { prepared, type Statement } from '../connection/statement.js';

const COLUMNS = `id, name, role, can_impersonate AS "canImpersonate", signed_only AS "signedOnly",
  public_key AS "publicKey", created_at AS "createdAt",
  expires_at AS "expiresAt", revoked_at AS "revokedAt", last_used_at AS "lastUsedAt",
  sealed_webhook_secret IS NOT NULL AS "hasWebhookSecret"`;

export const ALL = prepared(`SELECT ${COLUMNS} FROM access_keys ORDER BY id`);

export const FIND = prepared(`SELECT ${COLUMNS} FROM access_keys WHERE id = $1`);

/** Revokes the expired keys of a name, so that they leave room for new ones. */
export const REVOKE_EXPIRED = prepared(
  'UPDATE access_keys SET revoked_at = expires_at WHERE name = $1 AND revoked_at IS NULL AND expires_at <= $2',
);

export const ISSUE = prepared(`
  INSERT INTO access_keys
    (digest, sealed_secret, public_key, created_at, expires_at, name, role, can_impersonate, signed_only, slot)
  SELECT $1::bytea, $2::bytea, $3::bytea, $4::timestamptz, $5::timestamptz, $6, $7, $8, $9, 1
  WHERE NOT EXISTS (SELECT FROM access_keys WHERE name = $6 AND revoked_at IS NULL)
  RETURNING ${COLUMNS}`);

export const ROTATE = prepared(`
  INSERT INTO access_keys
    (digest, sealed_secret, public_key, created_at, expires_at, name, role, can_impersonate, signed_only,
      sealed_webhook_secret, first_key_id, slot)
  SELECT $1::bytea, $2::bytea, $3::bytea, $4::timestamptz, $5::timestamptz, name, role, can_impersonate,
    signed_only OR $3::bytea IS NOT NULL, sealed_webhook_secret, coalesce(first_key_id, id), 3 - slot
  FROM access_keys WHERE id = $6 AND revoked_at IS NULL
  RETURNING ${COLUMNS}`);

export const REVOKE = prepared(
  `UPDATE access_keys SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING ${COLUMNS}`,
);

export const SET_WEBHOOK_SECRET = prepared(
  `UPDATE access_keys SET sealed_webhook_secret = $2 WHERE id = $1 RETURNING ${COLUMNS}`,
);

/** The access keys in PostgreSQL, which enforces that a name has at most two live keys. */
@Injectable()
export class PostgresAccessKeys extends AccessKeyRepository {
  constructor(
    private readonly database: Database,
    private readonly sealing: SecretSealing,
  ) {
    super();
  }

  async issue(draft: AccessKeyDraft): Promise<IssuedAccessKey> {
    const { name, role, canImpersonate, publicKey, at } = draft;
    const signedOnly = draft.signedOnly || publicKey !== undefined;
    await this.database.change(REVOKE_EXPIRED, [name, at]);
    const issued = await this.insert(ISSUE, draft, [name, role, canImpersonate, signedOnly]);
    if (!issued) throw new AccessKeyNameTaken(name);
    return issued;
  }

  async rotate(id: AccessKeyId, rotation: AccessKeyRotation): Promise<IssuedAccessKey> {
    const old = await this.find(id);
    if (!old) throw new AccessKeyNotFound(id);
    if (old.publicKey && !rotation.publicKey) throw new PublicKeyRequired(id);
    await this.database.change(REVOKE_EXPIRED, [old.name, rotation.at]);
    const issued = await this.insert(ROTATE, rotation, [id]);
    if (issued) return issued;
    const now = await this.find(id);
    throw now!.revokedAt ? new AccessKeyInactive(id) : new AccessKeyInRotation(old.name);
  }

  async revoke(id: AccessKeyId, at: Date): Promise<AccessKey | undefined> {
    const [row] = await this.database.change<RowOf<AccessKey>>(REVOKE, [id, at]);
    return row && fromRow<AccessKey>(row);
  }

  async setWebhookSecret(id: AccessKeyId, secret: string | undefined): Promise<AccessKey | undefined> {
    const sealed = secret === undefined ? null : await this.sealing.seal(secret);
    if (sealed === undefined) throw new Error('There is nothing to encrypt the webhook secret with.');
    const [row] = await this.database.change<RowOf<AccessKey>>(SET_WEBHOOK_SECRET, [id, sealed]);
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
    { publicKey, at, expiresAt }: AccessKeyRotation,
    values: readonly unknown[],
  ): Promise<IssuedAccessKey | undefined> {
    const secret = publicKey ? undefined : newSecret();
    const stored = secret === undefined ? [null, null] : [digestOf(secret), await this.sealing.seal(secret)];
    try {
      const [row] = await this.database.change<RowOf<AccessKey>>(statement, [
        ...stored,
        publicKey,
        at,
        expiresAt,
        ...values,
      ]);
      return (
        row && {
          key: fromRow<AccessKey>(row),
          secret: secret === undefined ? undefined : keyOf(row.id, secret),
        }
      );
    } catch (error) {
      if (error instanceof DatabaseError && error.constraint === 'access_keys_live_slot') return undefined;
      throw error;
    }
  }
}
