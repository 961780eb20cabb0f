import { ManageAccessKeys } from '../application/access/manage-access-keys.js';
import type { AccessKeyDraft, IssuedAccessKey } from '../domain/access/access-key-repository.js';
import { type AccessKey, isActive } from '../domain/access/access-key.js';
import type { Role } from '../domain/access/role.js';
import { DomainError } from '../domain/domain-error.js';
import { PostgresAccessKeys } from '../infrastructure/postgres/access/postgres-access-keys.js';
import { SecretSealing } from '../infrastructure/postgres/access/secret-sealing.js';
import { Database } from '../infrastructure/postgres/connection/database.js';
import { attachDatabase } from '../infrastructure/postgres/schema/open-database.js';
import { SystemClock } from '../infrastructure/system-clock.js';
import type { ProcessContext } from '../processes/bootstrap.js';
import { StartupError } from '../shared/startup-error.js';

const clock = new SystemClock();

/** The options of a new key. */
export interface CreateOptions {
  readonly name: string;
  readonly role: Role;
  readonly canImpersonate?: boolean;
  readonly signedOnly?: boolean;
  readonly publicKey?: Buffer;
  readonly expires?: Date;
}

/** The options of a key that replaces another. */
export type RotateOptions = Pick<CreateOptions, 'publicKey' | 'expires'>;

/**
 * Runs an action on the access keys of the database.
 * @throws StartupError if the database cannot be used, or the action is rejected.
 */
export async function useAccessKeys(
  { config, stop }: ProcessContext,
  action: (commands: AccessKeyCommands) => Promise<void>,
): Promise<void> {
  const database = await attachDatabase(config, stop);
  try {
    await action(
      new AccessKeyCommands(
        new ManageAccessKeys(
          new PostgresAccessKeys(new Database(database.dataSource), new SecretSealing(config)),
          clock,
        ),
        config.sealingSecret !== undefined,
      ),
    );
  } catch (error) {
    throw error instanceof DomainError ? new StartupError(error.message) : error;
  } finally {
    await database.close();
  }
}

/** What the commands do with access keys. They write to standard output and standard error. */
export class AccessKeyCommands {
  /** @param canSeal whether secrets can be stored for signatures by hmac-sha256. */
  constructor(
    private readonly accessKeys: ManageAccessKeys,
    private readonly canSeal: boolean,
  ) {}

  /** Writes a table of all keys, without their secrets. */
  async list(): Promise<void> {
    process.stdout.write(tableOf(await this.accessKeys.list()));
  }

  /** Creates a key, and writes its secret. */
  async create(options: CreateOptions): Promise<void> {
    const { name, role, canImpersonate = false, signedOnly = false, publicKey, expires: expiresAt } = options;
    const draft = { name, role, canImpersonate, signedOnly, publicKey, expiresAt };
    this.requireUsable(draft);
    printSecret(await this.accessKeys.issue(draft));
  }

  /** Creates a second key with the same name and role, and writes its secret. */
  async rotate(id: number, { publicKey, expires: expiresAt }: RotateOptions): Promise<void> {
    const old = await this.accessKeys.get(id);
    // A key with a public key needs another one, whatever the configuration is.
    this.requireUsable({ publicKey: publicKey ?? old.publicKey, signedOnly: old.signedOnly });
    printSecret(await this.accessKeys.rotate(id, { publicKey, expiresAt }));
  }

  /** @throws StartupError for a key whose signatures the service could not verify, and that is accepted only with one. */
  private requireUsable({ publicKey, signedOnly }: Pick<AccessKeyDraft, 'publicKey' | 'signedOnly'>): void {
    if (this.canSeal || publicKey || !signedOnly) return;
    throw new StartupError(`A key that signs with its secret is stored encrypted, ${NEEDS_SECRET}`);
  }

  /** Sets the webhook secret of a key; undefined removes it. */
  async setWebhookSecret(id: number, secret: string | undefined): Promise<void> {
    if (secret !== undefined && !this.canSeal)
      throw new StartupError(`A webhook secret is stored encrypted, ${NEEDS_SECRET}`);
    const { name } = await this.accessKeys.setWebhookSecret(id, secret);
    const done = secret === undefined ? 'Removed' : 'Set';
    process.stderr.write(`${done} the webhook secret of key ${id} (${name}).\n`);
  }

  /** Ends a key. */
  async revoke(id: number): Promise<void> {
    const { name } = await this.accessKeys.revoke(id);
    process.stderr.write(`Revoked key ${id} (${name}).\n`);
  }
}

const NEEDS_SECRET = 'by SIGNING_SECRET or, without it, X_ACCESS_KEY: set that of the service.';

function printSecret({ key, secret }: IssuedAccessKey): void {
  const created = `Created key ${key.id} (${key.name}, ${key.role}).`;
  if (secret === undefined) {
    process.stderr.write(`${created} Its clients sign with their private key.\n`);
    return;
  }
  process.stderr.write(`${created} Its secret is not shown again:\n`);
  process.stdout.write(`${secret}\n`);
}

function tableOf(keys: readonly AccessKey[]): string {
  const now = clock.now();
  const rows = [
    ['ID', 'NAME', 'ROLE', 'IMPERSONATES', 'SIGNATURE', 'STATE', 'CREATED', 'EXPIRES', 'LAST USED'],
    ...keys.map((key) => [
      String(key.id),
      key.name,
      key.role,
      key.canImpersonate ? 'yes' : '-',
      key.publicKey ? 'ed25519' : key.signedOnly ? 'required' : '-',
      isActive(key, now) ? 'live' : key.revokedAt ? 'revoked' : 'expired',
      ...[key.createdAt, key.expiresAt, key.lastUsedAt].map((at) => at?.toISOString() ?? '-'),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lineOf = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${lineOf(row)}\n`).join('');
}
