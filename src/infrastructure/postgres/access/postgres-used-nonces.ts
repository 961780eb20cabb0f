import { Injectable } from '@nestjs/common';
import { UsedNonces } from '../../../application/access/used-nonces.js';
import type { AccessKeyId } from '../../../domain/access/access-key.js';
import { Database } from '../connection/database.js';
import { prepared } from '../connection/statement.js';

export const USE_NONCE = prepared(`
  INSERT INTO signature_nonces (key_id, nonce, created_at) VALUES ($1, $2, $3)
  ON CONFLICT DO NOTHING RETURNING key_id`);

/** The nonces of signatures in PostgreSQL, until `Retention` deletes them. */
@Injectable()
export class PostgresUsedNonces extends UsedNonces {
  constructor(private readonly database: Database) {
    super();
  }

  async use(keyId: AccessKeyId, nonce: string, createdAt: Date): Promise<boolean> {
    // No change whose outcome matters: if it is unknown, the request had no effect, and its client signs another one.
    return (await this.database.query(USE_NONCE, [keyId, nonce, createdAt])).length > 0;
  }
}
