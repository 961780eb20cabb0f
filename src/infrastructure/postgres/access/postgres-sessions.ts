import { Injectable } from '@nestjs/common';
import type { AccessKeyId, Principal } from '../../../domain/access/access-key.js';
import {
  expiryOfSignInToken,
  MAX_SESSIONS_PER_KEY,
  MAX_SIGN_IN_TOKENS_PER_KEY,
  type SessionId,
  type SignInToken,
} from '../../../domain/access/session.js';
import { type SessionDraft, SessionRepository } from '../../../domain/access/session-repository.js';
import { Database } from '../connection/database.js';
import { prepared } from '../connection/statement.js';
import { digestOf, newSecret, proofOf } from './key-secrets.js';

/**
 * Inserts a session with the digest $1 at $2 in place of that with the digest $3, and makes room for it.
 * @param owner selects the access key of the session (`key_id`, null for a key of the environment) and the proof (`key_proof`); it
 * selects nothing if no session is to be opened.
 */
const opening = (owner: string) => `
  WITH owner AS (
    ${owner}
  ), replaced AS (
    DELETE FROM sessions WHERE digest = $3 AND EXISTS (SELECT FROM owner)
  ), surplus AS (
    DELETE FROM sessions WHERE id IN (
      SELECT sessions.id FROM owner JOIN sessions ON coalesce(sessions.key_id, 0) = coalesce(owner.key_id, 0)
      ORDER BY sessions.last_used_at DESC, sessions.id DESC OFFSET ${MAX_SESSIONS_PER_KEY - 1})
  )
  INSERT INTO sessions (digest, key_id, key_proof, started_at, last_used_at)
  SELECT $1, key_id, key_proof, $2, $2 FROM owner
  RETURNING id`;

export const OPEN_SESSION = prepared(opening('SELECT $4::bigint AS key_id, $5::bytea AS key_proof'));

export const USE_SIGN_IN_TOKEN = prepared(
  opening(`
    DELETE FROM sign_in_tokens USING access_keys AS key
    WHERE sign_in_tokens.digest = $4 AND sign_in_tokens.expires_at > $2 AND key.id = key_id
      AND key.revoked_at IS NULL AND (key.expires_at IS NULL OR key.expires_at > $2)
    RETURNING key_id, NULL::bytea AS key_proof`),
);

export const END_SESSION = prepared('DELETE FROM sessions WHERE id = $1');

export const END_SESSIONS_OF_KEY = prepared(`
  WITH void AS (
    DELETE FROM sign_in_tokens WHERE key_id = $1
  )
  DELETE FROM sessions WHERE coalesce(key_id, 0) = $1`);

export const ISSUE_SIGN_IN_TOKEN = prepared(`
  WITH surplus AS (
    DELETE FROM sign_in_tokens WHERE digest IN (
      SELECT digest FROM sign_in_tokens WHERE key_id = $1
      ORDER BY expires_at DESC, digest OFFSET ${MAX_SIGN_IN_TOKENS_PER_KEY - 1})
  )
  INSERT INTO sign_in_tokens (digest, key_id, expires_at)
  SELECT $2, id, $4 FROM access_keys
  WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)
  RETURNING expires_at`);

/** The sessions and sign-in tokens in PostgreSQL. */
@Injectable()
export class PostgresSessions extends SessionRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async open({ id }: Principal, accessKey: string, draft: SessionDraft): Promise<string> {
    const token = newSecret();
    const proof = id === undefined ? proofOf(token, accessKey) : null;
    await this.database.change(OPEN_SESSION, [...valuesOf(token, draft), id ?? null, proof]);
    return token;
  }

  async openOnce(signInToken: string, draft: SessionDraft): Promise<string | undefined> {
    const token = newSecret();
    const values = [...valuesOf(token, draft), digestOf(signInToken)];
    const opened = await this.database.change(USE_SIGN_IN_TOKEN, values);
    return opened.length > 0 ? token : undefined;
  }

  async end(id: SessionId): Promise<void> {
    await this.database.change(END_SESSION, [id]);
  }

  async endAllOf(keyId: AccessKeyId): Promise<void> {
    await this.database.change(END_SESSIONS_OF_KEY, [keyId]);
  }

  async issueSignInToken(keyId: AccessKeyId, at: Date): Promise<SignInToken | undefined> {
    const token = newSecret();
    const expiresAt = expiryOfSignInToken(at);
    const issued = await this.database.change(ISSUE_SIGN_IN_TOKEN, [keyId, digestOf(token), at, expiresAt]);
    return issued.length > 0 ? { token, expiresAt } : undefined;
  }
}

function valuesOf(token: string, { at, replacing }: SessionDraft): unknown[] {
  return [digestOf(token), at, replacing === undefined ? null : digestOf(replacing)];
}
