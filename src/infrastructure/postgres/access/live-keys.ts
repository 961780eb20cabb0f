import { setTimeout as sleep } from 'node:timers/promises';
import { type AccessKeyId, type Principal, principalOf } from '../../../domain/access/access-key.js';
import type { SessionId, SessionTimes } from '../../../domain/access/session.js';
import type { Database } from '../connection/database.js';
import { prepared } from '../connection/statement.js';

/** The time limit of a read, in milliseconds: a running read and the next one together stay below a request's 3 s. */
const READ_TIMEOUT_MS = 1_400;

/** The minimum time between the starts of two reads, in milliseconds, however many callers ask for one. */
const MIN_READ_INTERVAL_MS = 100;

/** A key that was neither revoked nor expired at the time of the read. */
export interface LiveKey {
  readonly principal: Principal;
  /** SHA-256 of the secret; null for a key with a public key. */
  readonly digest: Buffer | null;
  readonly expiresAt: Date | null;
  /** Whether it is accepted only as the key of a signature. */
  readonly signedOnly: boolean;
  /** See `SecretSealing`; null for a key with a public key. */
  readonly sealedSecret: Buffer | null;
  /** The 32 bytes of an Ed25519 key. */
  readonly publicKey: Buffer | null;
  /** Sealed as well; null for a key whose senders need not sign. */
  readonly sealedWebhookSecret: Buffer | null;
}

export const READ_LIVE_KEYS = prepared(`
  SELECT id, coalesce(first_key_id, id) AS "firstId", name, role, can_impersonate AS "canImpersonate", digest,
    expires_at AS "expiresAt", signed_only AS "signedOnly", sealed_secret AS "sealedSecret", public_key AS "publicKey",
    sealed_webhook_secret AS "sealedWebhookSecret"
  FROM access_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`);

/** A session that nobody had ended at the time of the read; it may be too old. */
export interface StoredSession extends SessionTimes {
  readonly id: SessionId;
  /** The key that opened it; null for a key of the environment. */
  readonly keyId: AccessKeyId | null;
  /** See `proofOf`; null unless a key of the environment opened it. */
  readonly keyProof: Buffer | null;
}

export const READ_SESSIONS = prepared(`
  SELECT id, encode(digest, 'hex') AS digest, key_id AS "keyId", key_proof AS "keyProof", started_at AS "startedAt",
    last_used_at AS "lastUsedAt"
  FROM sessions`);

interface LiveKeyRow extends Omit<Principal, 'id' | 'principal'>, Omit<LiveKey, 'principal'> {
  readonly id: AccessKeyId;
  readonly firstId: AccessKeyId;
}

interface SessionRow extends StoredSession {
  readonly digest: string;
}

/** A snapshot of the live keys in PostgreSQL, and of the sessions that were opened with them. */
export class LiveKeys {
  private keys: ReadonlyMap<AccessKeyId, LiveKey> = new Map();
  private sessions: ReadonlyMap<SessionId, StoredSession> = new Map();
  /** The sessions by the digests of their tokens, in hexadecimal. */
  private sessionsByDigest: ReadonlyMap<string, StoredSession> = new Map();
  /** When the last successful read started: by a clock that never jumps, and by one that runs while the machine sleeps. */
  private readAt = { monotonic: -Infinity, wall: -Infinity };
  private reading: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  private startedAt = -Infinity;

  constructor(private readonly database: Database) {}

  find(id: AccessKeyId): LiveKey | undefined {
    return this.keys.get(id);
  }

  findSession(id: SessionId): StoredSession | undefined {
    return this.sessions.get(id);
  }

  /** @param digest of the token of the session, in hexadecimal. */
  findSessionBy(digest: string): StoredSession | undefined {
    return this.sessionsByDigest.get(digest);
  }

  /** The age of the snapshot, in milliseconds: keys that were revoked and sessions that were ended longer ago are not in it. */
  ageMs(): number {
    return Math.max(performance.now() - this.readAt.monotonic, Date.now() - this.readAt.wall);
  }

  /**
   * Resolves after a read that started after this call. Concurrent callers share a read, and at most one runs at a time.
   * @throws StoreUnavailable if it fails; the snapshot then remains, and ages.
   */
  refresh(): Promise<void> {
    return (this.next ??= this.readNext());
  }

  private async readNext(): Promise<void> {
    await this.reading.catch(() => undefined);
    const pauseMs = this.startedAt + MIN_READ_INTERVAL_MS - performance.now();
    if (pauseMs > 0) await sleep(pauseMs);
    this.next = undefined;
    this.reading = this.read();
    return this.reading;
  }

  private async read(): Promise<void> {
    const at = { monotonic: performance.now(), wall: Date.now() };
    this.startedAt = at.monotonic;
    const deadline = at.monotonic + READ_TIMEOUT_MS;
    // Each read alone may be newer: then a session lacks its key for a moment, and the next request reads both again.
    const [keys, sessions] = await Promise.all([
      this.database.query<LiveKeyRow>(READ_LIVE_KEYS, [], deadline),
      this.database.query<SessionRow>(READ_SESSIONS, [], deadline),
    ]);
    this.keys = new Map(keys.map((row) => [row.id, toLiveKey(row)]));
    this.sessions = new Map(sessions.map((row) => [row.id, row]));
    this.sessionsByDigest = new Map(sessions.map((row) => [row.digest, row]));
    this.readAt = at;
  }
}

function toLiveKey({ firstId, id, name, role, canImpersonate, ...key }: LiveKeyRow): LiveKey {
  return { principal: { id, name, role, canImpersonate, principal: principalOf(firstId) }, ...key };
}
