import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../application/ports/clock.js';
import { KeyRing } from '../../application/ports/key-ring.js';
import { Config } from '../../config/config.js';
import { type AccessKeyId, ENVIRONMENT_KEY, type KeyHolder } from '../../domain/access/access-key.js';
import type { Role } from '../../domain/access/role.js';
import { digestOf, isSecretOf, partsOf } from '../access/secrets.js';
import { splitOf } from './batch-split.js';
import { Coalescer } from './coalescer.js';
import { LIMITS } from './connection.js';
import { Database, type Statement } from './database.js';
import { reasonOf } from './database-errors.js';

/** How often it is looked up whether the known keys still hold, in milliseconds. */
const INTERVAL = 2_000;

/** How long such a look may take, in milliseconds: both together stay below the 5 s of the promise. */
const LOOK_LIMIT = 2_000;

/** How exactly it is kept when a key was last used, in milliseconds. */
const USE_PRECISION = 60_000;

interface KeptRow {
  readonly id: AccessKeyId;
  readonly name: string;
  readonly role: Role;
  readonly acts_for_others: boolean;
  readonly digest: Buffer;
  readonly expires_at: Date | null;
}

interface Kept {
  readonly holder: KeyHolder;
  readonly digest: Buffer;
  readonly expiresAt: Date | null;
}

const FIND: Statement = {
  name: 'find-key-holders',
  text: 'SELECT id, name, role, acts_for_others, digest, expires_at FROM access_keys WHERE id = ANY($1::bigint[]) AND revoked_at IS NULL',
};

const NOTE_USE: Statement = {
  name: 'note-key-use',
  text: `
    UPDATE access_keys SET last_used_at = used.at FROM unnest($1::bigint[], $2::timestamptz[]) AS used (id, at)
    WHERE access_keys.id = used.id AND (last_used_at IS NULL OR last_used_at < used.at)`,
};

/**
 * The environment's key, and those in PostgreSQL. A key is looked up when it is first sent; from then on it is known
 * here, and all the known ones are looked up again every 2 s. While the database is away the known ones stay: nothing
 * can be done with them then but to read the metrics that tell of it.
 */
@Injectable()
export class PostgresKeyRing extends KeyRing implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(PostgresKeyRing.name);
  private readonly environmentDigest: Buffer;
  private readonly known = new Map<AccessKeyId, Kept>();
  private readonly used = new Map<AccessKeyId, Date>();
  private readonly noted = new Map<AccessKeyId, Date>();
  private timer: NodeJS.Timeout | undefined;

  private readonly finding = new Coalescer<AccessKeyId, Kept | undefined>({
    send: async (ids, deadline) => {
      const found = await this.look([...new Set(ids)], deadline);
      return ids.map((id) => ({ value: found.get(id) }));
    },
    splitOf,
    maxBatch: 256,
    worthwhile: 16,
    maxInFlight: 1,
    maxQueued: 2_000,
    patience: LIMITS.total,
  });

  constructor(
    config: Config,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    super();
    this.environmentDigest = digestOf(config.X_ACCESS_KEY);
  }

  holderOf(sent: string, mayLook: boolean): KeyHolder | undefined | Promise<KeyHolder | undefined> {
    const parts = partsOf(sent);
    if (!parts) return this.environmentHolder(sent);
    const { id, secret } = parts;
    const kept = this.known.get(id);
    if (kept) return this.holderBy(kept, id, secret);
    if (!mayLook) return undefined;
    return this.finding.submit(id).then((found) => {
      if (!found || !isSecretOf(secret, found.digest)) return undefined;
      // Those alone are remembered that somebody has the secret of.
      this.known.set(id, found);
      return this.holderBy(found, id, secret);
    });
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.refresh().catch((error: unknown) => {
        this.logger.warn(`the access keys could not be looked up: ${reasonOf(error)}`);
      });
    }, INTERVAL);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.noteUse(0).catch((error: unknown) => {
      this.logger.warn(`when keys were last used could not be kept: ${reasonOf(error)}`);
    });
  }

  private environmentHolder(sent: string): KeyHolder | undefined {
    return isSecretOf(sent, this.environmentDigest) ? ENVIRONMENT_HOLDER : undefined;
  }

  private holderBy(kept: Kept, id: AccessKeyId, secret: string): KeyHolder | undefined {
    const now = this.clock.now();
    if (!isSecretOf(secret, kept.digest) || (kept.expiresAt && kept.expiresAt <= now)) return undefined;
    this.used.set(id, now);
    return kept.holder;
  }

  private async refresh(): Promise<void> {
    if (this.known.size === 0) return;
    const ids = [...this.known.keys()];
    const found = await this.look(ids, performance.now() + LOOK_LIMIT);
    for (const id of ids) {
      const kept = found.get(id);
      if (kept) this.known.set(id, kept);
      else this.known.delete(id);
    }
    await this.noteUse(USE_PRECISION);
  }

  private async look(ids: readonly AccessKeyId[], deadline: number): Promise<Map<AccessKeyId, Kept>> {
    const rows = await this.database.query<KeptRow>(FIND, [ids], deadline);
    return new Map(
      rows.map(({ id, name, role, acts_for_others: actsForOthers, digest, expires_at }) => [
        id,
        { holder: { name, role, actsForOthers }, digest, expiresAt: expires_at },
      ]),
    );
  }

  /** Keeps when keys were used, where that is later than what is kept by this much. */
  private async noteUse(precision: number): Promise<void> {
    const news = [...this.used].filter(([id, at]) => {
      const noted = this.noted.get(id);
      return !noted || at.getTime() - noted.getTime() > precision;
    });
    if (news.length === 0) return;
    await this.database.query(NOTE_USE, [news.map(([id]) => id), news.map(([, at]) => at.toISOString())]);
    for (const [id, at] of news) this.noted.set(id, at);
  }
}

const ENVIRONMENT_HOLDER: KeyHolder = { name: ENVIRONMENT_KEY, role: 'admin', actsForOthers: true };
