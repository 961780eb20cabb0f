import { setTimeout as sleep } from 'node:timers/promises';
import { type AccessKeyId, type Principal, principalOf } from '../../../domain/access/access-key.js';
import type { Role } from '../../../domain/access/role.js';
import type { Database, Statement } from '../connection/database.js';

/** How long a read may take, in milliseconds: one that is under way and the next one together stay below a request's 3 s. */
const READ_LIMIT_MS = 1_400;

/** How much time lies between the beginnings of two reads at least, in milliseconds, however many ask for one. */
const MIN_PAUSE_MS = 100;

interface LiveKeyRow {
  readonly id: AccessKeyId;
  readonly first_id: AccessKeyId;
  readonly name: string;
  readonly role: Role;
  readonly can_impersonate: boolean;
  readonly digest: Buffer;
  readonly expires_at: Date | null;
}

/** A key that was neither revoked nor expired when it was read. */
export interface LiveKey {
  readonly holder: Principal;
  /** SHA-256 of the secret. */
  readonly digest: Buffer;
  readonly expiresAt: Date | null;
}

export const READ: Statement = {
  name: 'read-live-keys',
  text: `
    SELECT id, coalesce(first_key_id, id) AS first_id, name, role, can_impersonate, digest, expires_at FROM access_keys
    WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
};

/** The live keys in PostgreSQL as they were last read. */
export class LiveKeys {
  private keys: ReadonlyMap<AccessKeyId, LiveKey> = new Map();
  /** When the last read that has succeeded began: by a clock that never jumps, and by one that runs while a machine sleeps. */
  private readAt = { monotonic: -Infinity, wall: -Infinity };
  private reading: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  private begunAt = -Infinity;

  constructor(private readonly database: Database) {}

  find(id: AccessKeyId): LiveKey | undefined {
    return this.keys.get(id);
  }

  /** How old what was read is now, in milliseconds: what was revoked longer ago than that is not in it. */
  ageMs(): number {
    return Math.max(performance.now() - this.readAt.monotonic, Date.now() - this.readAt.wall);
  }

  /**
   * Resolves after a read that has begun after this call. All that ask meanwhile share one, and one is under way at a time.
   * @throws StoreUnavailable where it fails; then what was read before stays, and grows older.
   */
  readAgain(): Promise<void> {
    return (this.next ??= this.readNext());
  }

  private async readNext(): Promise<void> {
    await this.reading.catch(() => undefined);
    const pauseMs = this.begunAt + MIN_PAUSE_MS - performance.now();
    if (pauseMs > 0) await sleep(pauseMs);
    this.next = undefined;
    this.reading = this.read();
    return this.reading;
  }

  private async read(): Promise<void> {
    const at = { monotonic: performance.now(), wall: Date.now() };
    this.begunAt = at.monotonic;
    const rows = await this.database.query<LiveKeyRow>(READ, [], at.monotonic + READ_LIMIT_MS);
    this.keys = new Map(rows.map((row) => [row.id, toLiveKey(row)]));
    this.readAt = at;
  }
}

function toLiveKey({ id, first_id: firstId, name, role, ...row }: LiveKeyRow): LiveKey {
  const principal = principalOf(firstId);
  const holder = { id, name, principal, role, canImpersonate: row.can_impersonate };
  return { holder, digest: row.digest, expiresAt: row.expires_at };
}
