import { ManageAccessKeys } from '../application/access/manage-access-keys.js';
import type { IssuedAccessKey } from '../domain/access/access-key-repository.js';
import { type AccessKey, isActive } from '../domain/access/access-key.js';
import type { Role } from '../domain/access/role.js';
import { DomainError } from '../domain/domain-error.js';
import { PostgresAccessKeys } from '../infrastructure/postgres/access/postgres-access-keys.js';
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
  readonly expires?: Date;
}

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
        new ManageAccessKeys(new PostgresAccessKeys(new Database(database.dataSource)), clock),
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
  constructor(private readonly accessKeys: ManageAccessKeys) {}

  /** Writes a table of all keys, without their secrets. */
  async list(): Promise<void> {
    process.stdout.write(tableOf(await this.accessKeys.list()));
  }

  /** Creates a key, and writes its secret. */
  async create({ name, role, canImpersonate = false, expires: expiresAt }: CreateOptions): Promise<void> {
    const draft = { name, role, canImpersonate, expiresAt };
    printSecret(await this.accessKeys.issue(draft));
  }

  /** Creates a second key with the same name and role, and writes its secret. */
  async rotate(id: number, expiresAt: Date | undefined): Promise<void> {
    printSecret(await this.accessKeys.rotate(id, expiresAt));
  }

  /** Sets the webhook secret of a key; undefined removes it. */
  async setWebhookSecret(id: number, secret: string | undefined): Promise<void> {
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

function printSecret({ key, secret }: IssuedAccessKey): void {
  process.stderr.write(`Created key ${key.id} (${key.name}, ${key.role}). Its secret is not shown again:\n`);
  process.stdout.write(`${secret}\n`);
}

function tableOf(keys: readonly AccessKey[]): string {
  const now = clock.now();
  const rows = [
    ['ID', 'NAME', 'ROLE', 'IMPERSONATES', 'STATE', 'CREATED', 'EXPIRES', 'LAST USED'],
    ...keys.map((key) => [
      String(key.id),
      key.name,
      key.role,
      key.canImpersonate ? 'yes' : '-',
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
