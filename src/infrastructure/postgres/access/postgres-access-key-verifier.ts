import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { Clock } from '../../../application/operations/clock.js';
import { AccessKeyVerifier } from '../../../application/access/access-key-verifier.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { Config } from '../../../config/config.js';
import {
  type AccessKeyId,
  ENVIRONMENT_KEY,
  ENVIRONMENT_PRINCIPAL,
  type Principal,
} from '../../../domain/access/access-key.js';
import { digestOf, isSecretOf, partsOf } from './key-secrets.js';
import { Database } from '../connection/database.js';
import { reasonOf } from '../connection/database-errors.js';
import { type LiveKey, LiveKeys } from './live-keys.js';
import { prepared } from '../connection/statement.js';

/** The interval between reads of the live keys, in milliseconds. */
const READ_INTERVAL_MS = 2_000;

/** The maximum age of the snapshot by which a key is accepted, in milliseconds: the port promises it. */
const MAX_AGE_MS = 5_000;

/** The maximum number of reads for one key: a snapshot can be too old at once, as after a process was frozen. */
const MAX_READS = 3;

/** The precision of the stored time of last use, in milliseconds. */
const USE_PRECISION_MS = 60_000;

export const RECORD_LAST_USED = prepared(`
  UPDATE access_keys SET last_used_at = used.at FROM unnest($1::bigint[], $2::timestamptz[]) AS used (id, at)
  WHERE access_keys.id = used.id AND (last_used_at IS NULL OR last_used_at < used.at)`);

/**
 * Verifies the key of the environment and those in PostgreSQL. It caches all live keys, and reads them every 2 s. An unknown key
 * may be new: then they are read again. Concurrent requests with made-up keys share one read.
 */
@Injectable()
export class PostgresAccessKeyVerifier
  extends AccessKeyVerifier
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger(PostgresAccessKeyVerifier.name);
  /** The keys of the environment, which work without the database, by their digests. */
  private readonly environment: readonly (readonly [digest: Buffer, principal: Principal])[];
  private readonly live: LiveKeys;
  private readonly lastUsed = new Map<AccessKeyId, Date>();
  private readonly recorded = new Map<AccessKeyId, Date>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    config: Config,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    super();
    const { X_ACCESS_KEY, SCRAPER_KEY } = config;
    this.environment = [
      [digestOf(X_ACCESS_KEY), ENVIRONMENT_ADMIN],
      ...(SCRAPER_KEY === undefined ? [] : [[digestOf(SCRAPER_KEY), ENVIRONMENT_SCRAPER] as const]),
    ];
    this.live = new LiveKeys(database);
  }

  verify(sent: string): Principal | undefined | Promise<Principal | undefined> {
    const parts = partsOf(sent);
    if (!parts) return this.environment.find(([digest]) => isSecretOf(sent, digest))?.[1];
    const { id, secret } = parts;
    const key = this.live.find(id);
    // The secret of a key never changes: a wrong one is wrong, however old the snapshot is.
    if (key && !isSecretOf(secret, key.digest)) return undefined;
    if (key && this.live.ageMs() < MAX_AGE_MS) return this.accept(key);
    return this.findAfterRefresh(id).then((found) =>
      found && isSecretOf(secret, found.digest) ? this.accept(found) : undefined,
    );
  }

  isStillValid({ id }: Principal): boolean | Promise<boolean> {
    if (id === undefined) return true;
    const key = this.live.find(id);
    if (key && this.live.ageMs() < MAX_AGE_MS) return this.accept(key) !== undefined;
    return this.findAfterRefresh(id).then((found) => found !== undefined && this.accept(found) !== undefined);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.refresh(), READ_INTERVAL_MS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.recordLastUsed(0).catch((error: unknown) => {
      this.logger.warn(`could not store when access keys were last used: ${reasonOf(error)}`);
    });
  }

  /** The key by a read that starts now. */
  private async findAfterRefresh(id: AccessKeyId): Promise<LiveKey | undefined> {
    for (let reads = 0; reads < MAX_READS; reads++) {
      await this.live.refresh();
      // The process may have been frozen between the read and this line: the current age counts.
      if (this.live.ageMs() < MAX_AGE_MS) return this.live.find(id);
    }
    throw new StoreUnavailable({ cause: new Error('every snapshot of the access keys was too old') });
  }

  private accept({ principal, expiresAt }: LiveKey): Principal | undefined {
    const now = this.clock.now();
    if (expiresAt && expiresAt <= now) return undefined;
    this.lastUsed.set(principal.id!, now);
    return principal;
  }

  private async refresh(): Promise<void> {
    try {
      await this.live.refresh();
      await this.recordLastUsed(USE_PRECISION_MS);
    } catch (error) {
      this.logger.warn(`could not read the access keys: ${reasonOf(error)}`);
    }
  }

  /** Stores when keys were last used, if that is more than `precisionMs` after the stored time. */
  private async recordLastUsed(precisionMs: number): Promise<void> {
    const updates = [...this.lastUsed].filter(([id, at]) => {
      const recorded = this.recorded.get(id);
      return !recorded || at.getTime() - recorded.getTime() > precisionMs;
    });
    if (updates.length === 0) return;
    await this.database.query(RECORD_LAST_USED, [
      updates.map(([id]) => id),
      updates.map(([, at]) => at.toISOString()),
    ]);
    for (const [id, at] of updates) this.recorded.set(id, at);
  }
}

const ENVIRONMENT_ADMIN: Principal = {
  id: undefined,
  name: ENVIRONMENT_KEY,
  principal: ENVIRONMENT_PRINCIPAL,
  role: 'admin',
  canImpersonate: true,
};

const ENVIRONMENT_SCRAPER: Principal = {
  id: undefined,
  name: 'scraper',
  principal: 'key:environment:scraper',
  role: 'scraper',
  canImpersonate: false,
};
