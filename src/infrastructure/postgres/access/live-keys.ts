import { setTimeout as sleep } from 'node:timers/promises';
import { type AccessKeyId, type Principal, principalOf } from '../../../domain/access/access-key.js';
import type { Database } from '../connection/database.js';
import { prepared } from '../connection/statement.js';

/** The time limit of a read, in milliseconds: a running read and the next one together stay below a request's 3 s. */
const READ_TIMEOUT_MS = 1_400;

/** The minimum time between the starts of two reads, in milliseconds, however many callers ask for one. */
const MIN_READ_INTERVAL_MS = 100;

/** A key that was neither revoked nor expired at the time of the read. */
export interface LiveKey {
  readonly principal: Principal;
  /** SHA-256 of the secret. */
  readonly digest: Buffer;
  readonly expiresAt: Date | null;
}

export const READ_LIVE_KEYS = prepared(`
  SELECT id, coalesce(first_key_id, id) AS "firstId", name, role, can_impersonate AS "canImpersonate", digest,
    expires_at AS "expiresAt"
  FROM access_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`);

interface LiveKeyRow extends Omit<Principal, 'id' | 'principal'>, Omit<LiveKey, 'principal'> {
  readonly id: AccessKeyId;
  readonly firstId: AccessKeyId;
}

/** A snapshot of the live keys in PostgreSQL. */
export class LiveKeys {
  private keys: ReadonlyMap<AccessKeyId, LiveKey> = new Map();
  /** When the last successful read started: by a clock that never jumps, and by one that runs while the machine sleeps. */
  private readAt = { monotonic: -Infinity, wall: -Infinity };
  private reading: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  private startedAt = -Infinity;

  constructor(private readonly database: Database) {}

  find(id: AccessKeyId): LiveKey | undefined {
    return this.keys.get(id);
  }

  /** The age of the snapshot, in milliseconds: keys that were revoked longer ago are not in it. */
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
    const rows = await this.database.query<LiveKeyRow>(READ_LIVE_KEYS, [], at.monotonic + READ_TIMEOUT_MS);
    this.keys = new Map(rows.map((row) => [row.id, toLiveKey(row)]));
    this.readAt = at;
  }
}

function toLiveKey({ digest, expiresAt, firstId, ...key }: LiveKeyRow): LiveKey {
  return { principal: { ...key, principal: principalOf(firstId) }, digest, expiresAt };
}
