import { type Command, InvalidArgumentError, Option } from 'commander';
import { ManageAccessKeys } from '../application/access/manage-access-keys.js';
import type { IssuedAccessKey } from '../domain/access/access-key-repository.js';
import { type AccessKey, isActive, KEY_NAME } from '../domain/access/access-key.js';
import { type Role, ROLES } from '../domain/access/role.js';
import { DomainError } from '../domain/domain-error.js';
import { PostgresAccessKeys } from '../infrastructure/postgres/access/postgres-access-keys.js';
import { Database } from '../infrastructure/postgres/connection/database.js';
import { attachDatabase } from '../infrastructure/postgres/schema/open-database.js';
import { SystemClock } from '../infrastructure/system-clock.js';
import { parseTimestamp, TIMESTAMP_RULE } from '../presentation/http/validation/timestamps.js';
import type { ProcessContext } from '../processes/bootstrap.js';
import { StartupError } from '../shared/startup-error.js';

const EXAMPLES = `
Examples:
  npm run --silent keys -- list
  npm run --silent keys -- create --name prometheus --role scraper
  npm run --silent keys -- create --name bot --role operator --can-impersonate
  npm run --silent keys -- rotate 3 --expires 2027-01-01

The service may be running meanwhile. The secret of a new key is written to standard output, once; all else to standard
error.`;

const clock = new SystemClock();

interface CreateOptions {
  readonly name: string;
  readonly role: Role;
  readonly canImpersonate?: boolean;
  readonly expires?: Date;
}

/** Adds the commands for access keys. @param run runs one of them as a process. */
export function addKeysCommand(
  program: Command,
  run: (command: (context: ProcessContext) => Promise<void>) => Promise<void>,
): void {
  const keys = program
    .command('keys')
    .description('manage access keys')
    .addHelpText('after', EXAMPLES)
    .action(() => keys.outputHelp());
  const expires = new Option('--expires <date>', 'a date or a date-time such as 2027-01-01T10:00:00Z');
  expires.argParser(parseExpiry);
  const runWith = (action: (accessKeys: ManageAccessKeys) => Promise<void>) =>
    run((context) => withAccessKeys(context, action));

  keys
    .command('list')
    .description('list all keys, without their secrets')
    .action(() =>
      runWith(async (accessKeys) => {
        process.stdout.write(tableOf(await accessKeys.list()));
      }),
    );
  keys
    .command('create')
    .description('create a key and write its secret to standard output')
    .requiredOption('--name <name>', '1 to 64 of A-Z a-z 0-9 . _ -', parseName)
    .addOption(new Option('--role <role>').choices(ROLES).makeOptionMandatory())
    .option('--can-impersonate', 'the key may name the actor of each request, as a bot that speaks for many')
    .addOption(expires)
    .action(({ name, role, canImpersonate = false, expires: expiresAt }: CreateOptions) =>
      runWith(async (accessKeys) =>
        printSecret(await accessKeys.issue({ name, role, canImpersonate, expiresAt })),
      ),
    );
  keys
    .command('rotate')
    .description('create a second key with the same name and role')
    .argument('<id>', 'the id of the first key', parseId)
    .addOption(expires)
    .action((id: number, options: Pick<CreateOptions, 'expires'>) =>
      runWith(async (accessKeys) => printSecret(await accessKeys.rotate(id, options.expires))),
    );
  keys
    .command('revoke')
    .description('end a key for good; every process rejects it within 5 s')
    .argument('<id>', 'the id of the key', parseId)
    .action((id: number) =>
      runWith(async (accessKeys) => {
        const { name } = await accessKeys.revoke(id);
        process.stderr.write(`Revoked key ${id} (${name}).\n`);
      }),
    );
}

async function withAccessKeys(
  { config, stop }: ProcessContext,
  action: (accessKeys: ManageAccessKeys) => Promise<void>,
): Promise<void> {
  const database = await attachDatabase(config, stop);
  try {
    await action(new ManageAccessKeys(new PostgresAccessKeys(new Database(database.dataSource)), clock));
  } catch (error) {
    throw error instanceof DomainError ? new StartupError(error.message) : error;
  } finally {
    await database.close();
  }
}

function parseName(text: string): string {
  if (!KEY_NAME.test(text))
    throw new InvalidArgumentError(
      'It must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or a digit.',
    );
  return text;
}

function parseId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It must be the id of a key, such as 3.');
  return Number(text);
}

function parseExpiry(text: string): Date {
  const date = parseTimestamp(text);
  if (!date) throw new InvalidArgumentError(`It ${TIMESTAMP_RULE}.`);
  return date;
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
