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
import { Database, type Statement } from '../connection/database.js';
import { reasonOf } from '../connection/database-errors.js';
import { type LiveKey, LiveKeys } from './live-keys.js';

/** How often the live keys are read, in milliseconds. */
const READ_INTERVAL_MS = 2_000;

/** How old what was read of the keys may be when a key is accepted by it, in milliseconds: the promise of the port. */
const MAX_AGE_MS = 5_000;

/** How often a key is read again where what was read is too old as soon as it is there, as after a process was frozen. */
const MAX_READS = 3;

/** How exactly it is kept when a key was last used, in milliseconds. */
const USE_PRECISION_MS = 60_000;

export const RECORD_LAST_USED: Statement = {
  name: 'note-key-use',
  text: `
    UPDATE access_keys SET last_used_at = used.at FROM unnest($1::bigint[], $2::timestamptz[]) AS used (id, at)
    WHERE access_keys.id = used.id AND (last_used_at IS NULL OR last_used_at < used.at)`,
};

/**
 * The environment's key, and those in PostgreSQL, of which all live ones are read every 2 s and kept here. A key that is not
 * among them may be new: then they are read again. However many send made-up keys, they wait for the same read.
 */
@Injectable()
export class PostgresAccessKeyVerifier
  extends AccessKeyVerifier
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger(PostgresAccessKeyVerifier.name);
  /** What opens the service without the database, by its digest. */
  private readonly environment: readonly (readonly [digest: Buffer, holder: Principal])[];
  private readonly live: LiveKeys;
  private readonly used = new Map<AccessKeyId, Date>();
  private readonly noted = new Map<AccessKeyId, Date>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    config: Config,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    super();
    const { X_ACCESS_KEY, SCRAPER_KEY } = config;
    this.environment = [
      [digestOf(X_ACCESS_KEY), ENVIRONMENT_HOLDER],
      ...(SCRAPER_KEY === undefined ? [] : [[digestOf(SCRAPER_KEY), ENVIRONMENT_SCRAPER] as const]),
    ];
    this.live = new LiveKeys(database);
  }

  verify(sent: string): Principal | undefined | Promise<Principal | undefined> {
    const parts = partsOf(sent);
    if (!parts) return this.environment.find(([digest]) => isSecretOf(sent, digest))?.[1];
    const { id, secret } = parts;
    const key = this.live.find(id);
    // The secret of a key never changes: a wrong one is wrong, however old what was read is.
    if (key && !isSecretOf(secret, key.digest)) return undefined;
    if (key && this.live.ageMs() < MAX_AGE_MS) return this.accept(key);
    return this.findAnew(id).then((found) =>
      found && isSecretOf(secret, found.digest) ? this.accept(found) : undefined,
    );
  }

  isStillValid({ id }: Principal): boolean | Promise<boolean> {
    if (id === undefined) return true;
    const key = this.live.find(id);
    if (key && this.live.ageMs() < MAX_AGE_MS) return this.accept(key) !== undefined;
    return this.findAnew(id).then((found) => found !== undefined && this.accept(found) !== undefined);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.refresh(), READ_INTERVAL_MS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.noteUse(0).catch((error: unknown) => {
      this.logger.warn(`when keys were last used could not be kept: ${reasonOf(error)}`);
    });
  }

  /** The key by a read that begins now. */
  private async findAnew(id: AccessKeyId): Promise<LiveKey | undefined> {
    for (let reads = 0; reads < MAX_READS; reads++) {
      await this.live.readAgain();
      // The process may have been frozen between the read and this line: what counts is the age now.
      if (this.live.ageMs() < MAX_AGE_MS) return this.live.find(id);
    }
    throw new StoreUnavailable({ cause: new Error('what is read of the access keys is always too old') });
  }

  private accept({ holder, expiresAt }: LiveKey): Principal | undefined {
    const now = this.clock.now();
    if (expiresAt && expiresAt <= now) return undefined;
    this.used.set(holder.id!, now);
    return holder;
  }

  private async refresh(): Promise<void> {
    try {
      await this.live.readAgain();
      await this.noteUse(USE_PRECISION_MS);
    } catch (error) {
      this.logger.warn(`the access keys could not be read: ${reasonOf(error)}`);
    }
  }

  /** Keeps when keys were used, where that is later than what is kept by this much. */
  private async noteUse(precisionMs: number): Promise<void> {
    const news = [...this.used].filter(([id, at]) => {
      const noted = this.noted.get(id);
      return !noted || at.getTime() - noted.getTime() > precisionMs;
    });
    if (news.length === 0) return;
    await this.database.query(RECORD_LAST_USED, [
      news.map(([id]) => id),
      news.map(([, at]) => at.toISOString()),
    ]);
    for (const [id, at] of news) this.noted.set(id, at);
  }
}

const ENVIRONMENT_HOLDER: Principal = {
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
