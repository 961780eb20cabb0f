import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { Clock } from '../../../application/operations/clock.js';
import { AccessKeyVerifier, type SignatureKey } from '../../../application/access/access-key-verifier.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { Config } from '../../../config/config.js';
import {
  type AccessKeyId,
  ENVIRONMENT_KEY,
  ENVIRONMENT_PRINCIPAL,
  type Principal,
} from '../../../domain/access/access-key.js';
import { SignatureRequired } from '../../../domain/access/access-key-errors.js';
import { hasEnded, latestEndOf, type SessionId } from '../../../domain/access/session.js';
import { digestOf, isSecretOf, keyOf, partsOf, proofOf } from './key-secrets.js';
import { LastUses } from './last-uses.js';
import { Database } from '../connection/database.js';
import { reasonOf } from '../connection/database-errors.js';
import { type LiveKey, LiveKeys, type StoredSession } from './live-keys.js';
import { SecretSealing } from './secret-sealing.js';
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

export const RECORD_SESSIONS_USED = prepared(`
  UPDATE sessions SET last_used_at = used.at FROM unnest($1::bigint[], $2::timestamptz[]) AS used (id, at)
  WHERE sessions.id = used.id AND last_used_at < used.at`);

/**
 * Verifies the keys of the environment, those in PostgreSQL, and sessions. It caches all live keys and sessions, and reads them
 * every 2 s. An unknown key or session may be new: then they are read again. Concurrent requests with made-up ones share one read.
 */
@Injectable()
export class PostgresAccessKeyVerifier
  extends AccessKeyVerifier
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger(PostgresAccessKeyVerifier.name);
  /** The keys of the environment, which work without the database, by their digests. */
  private readonly environment: readonly EnvironmentKey[];
  private readonly live: LiveKeys;
  private readonly keyUses: LastUses;
  private readonly sessionUses: LastUses;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    config: Config,
    database: Database,
    private readonly clock: Clock,
    private readonly sealing: SecretSealing,
  ) {
    super();
    const { X_ACCESS_KEY, SCRAPER_KEY } = config;
    this.environment = [
      environmentKey(X_ACCESS_KEY, ENVIRONMENT_ADMIN),
      ...(SCRAPER_KEY === undefined ? [] : [environmentKey(SCRAPER_KEY, ENVIRONMENT_SCRAPER)]),
    ];
    this.live = new LiveKeys(database);
    this.keyUses = new LastUses(database, RECORD_LAST_USED);
    this.sessionUses = new LastUses(database, RECORD_SESSIONS_USED);
  }

  verify(sent: string): Principal | undefined | Promise<Principal | undefined> {
    const parts = partsOf(sent);
    if (!parts) return this.environment.find(({ digest }) => isSecretOf(sent, digest))?.principal;
    const { id, secret } = parts;
    const key = this.live.find(id);
    // The secret of a key never changes: a wrong one is wrong, however old the snapshot is.
    if (key && !isSecretOf(secret, key.digest)) return undefined;
    if (key && this.isFresh) return this.acceptSecret(key);
    return this.afterRefresh(() => {
      const found = this.live.find(id);
      return found && isSecretOf(secret, found.digest) ? this.acceptSecret(found) : undefined;
    });
  }

  async verifySignature(
    id: AccessKeyId,
    check: (key: SignatureKey | undefined) => Promise<void>,
  ): Promise<Principal | undefined> {
    const find = () => this.live.find(id);
    const key = (this.isFresh ? find() : undefined) ?? (await this.afterRefresh(find));
    if (!key) return undefined;
    await check(await this.signatureKeyOf(key));
    return (await this.isStillValid(key.principal)) ? key.principal : undefined;
  }

  verifySession(token: string): Principal | undefined | Promise<Principal | undefined> {
    const digest = digestOf(token).toString('hex');
    const verified = () => {
      const session = this.live.findSessionBy(digest);
      return session && this.acceptSession(session, token);
    };
    return (this.isFresh ? verified() : undefined) ?? this.afterRefresh(verified);
  }

  isStillValid({ id, session }: Principal): boolean | Promise<boolean> {
    if (id === undefined && !session) return true;
    const isValid = () =>
      (!session || this.isSessionLive(session.id)) && (id === undefined || this.isKeyLive(id));
    return (this.isFresh && isValid()) || this.afterRefresh(isValid);
  }

  async webhookSecretOf({ id }: Principal): Promise<string | null | undefined> {
    const sealed = id === undefined ? undefined : this.live.find(id)?.sealedWebhookSecret;
    return sealed ? ((await this.sealing.unseal(sealed)) ?? null) : undefined;
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.refresh(), READ_INTERVAL_MS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.storeUses(0).catch((error: unknown) => {
      this.logger.warn(`could not store when access keys were last used: ${reasonOf(error)}`);
    });
  }

  private get isFresh(): boolean {
    return this.live.ageMs() < MAX_AGE_MS;
  }

  /** What this finds in a snapshot whose read starts now. */
  private async afterRefresh<Found>(find: () => Found): Promise<Found> {
    for (let reads = 0; reads < MAX_READS; reads++) {
      await this.live.refresh();
      // The process may have been frozen between the read and this line: the current age counts.
      if (this.isFresh) return find();
    }
    throw new StoreUnavailable({ cause: new Error('every snapshot of the access keys was too old') });
  }

  /** Undefined if the secret cannot be read: it was created under another `SIGNING_SECRET`. */
  private async signatureKeyOf({
    principal,
    publicKey,
    sealedSecret,
  }: LiveKey): Promise<SignatureKey | undefined> {
    if (publicKey) return { algorithm: 'ed25519', publicKey };
    const secret = sealedSecret ? await this.sealing.unseal(sealedSecret) : undefined;
    return secret === undefined
      ? undefined
      : { algorithm: 'hmac-sha256', secret: keyOf(principal.id!, secret) };
  }

  /** Accepts a key that was itself sent. */
  private acceptSecret(key: LiveKey): Principal | undefined {
    const principal = this.accept(key);
    if (principal && key.signedOnly) throw new SignatureRequired(principal.name);
    return principal;
  }

  private accept({ principal, expiresAt }: LiveKey): Principal | undefined {
    const now = this.clock.now();
    if (expiresAt && expiresAt <= now) return undefined;
    this.keyUses.note(principal.id!, now);
    return principal;
  }

  /** The principal of the key that opened the session; undefined if the session has ended, or the key is no longer live. */
  private acceptSession(session: StoredSession, token: string): Principal | undefined {
    const { id, keyId, keyProof, startedAt } = session;
    if (!this.isSessionLive(id)) return undefined;
    const key = keyId === null ? undefined : this.live.find(keyId);
    const principal = key
      ? this.accept(key)
      : this.environment.find(({ secret }) => keyProof?.equals(proofOf(token, secret)))?.principal;
    const endsAt = latestEndOf(startedAt, key?.expiresAt ?? null);
    return principal && { ...principal, session: { id, endsAt } };
  }

  private isKeyLive(id: AccessKeyId): boolean {
    const key = this.live.find(id);
    return key !== undefined && this.accept(key) !== undefined;
  }

  private isSessionLive(id: SessionId): boolean {
    const session = this.live.findSession(id);
    if (!session) return false;
    const now = this.clock.now();
    const usedHere = this.sessionUses.of(id) ?? session.lastUsedAt;
    const lastUsedAt = usedHere > session.lastUsedAt ? usedHere : session.lastUsedAt;
    if (hasEnded({ startedAt: session.startedAt, lastUsedAt }, now)) return false;
    this.sessionUses.note(id, now);
    return true;
  }

  private async refresh(): Promise<void> {
    try {
      await this.live.refresh();
      await this.storeUses(USE_PRECISION_MS);
    } catch (error) {
      this.logger.warn(`could not read the access keys: ${reasonOf(error)}`);
    }
  }

  /** Stores the uses that are more than `precisionMs` after the stored ones. */
  private async storeUses(precisionMs: number): Promise<void> {
    this.sessionUses.forgetUnless((id) => this.live.findSession(id) !== undefined);
    await this.keyUses.store(precisionMs);
    await this.sessionUses.store(precisionMs);
  }
}

interface EnvironmentKey {
  readonly secret: string;
  readonly digest: Buffer;
  readonly principal: Principal;
}

const environmentKey = (secret: string, principal: Principal): EnvironmentKey => ({
  secret,
  digest: digestOf(secret),
  principal,
});

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
