import { parseArgs } from 'node:util';
import { IssueAccessKey } from '../application/access/issue-access-key.js';
import { ListAccessKeys } from '../application/access/list-access-keys.js';
import { RevokeAccessKey } from '../application/access/revoke-access-key.js';
import { RotateAccessKey } from '../application/access/rotate-access-key.js';
import { runCli } from '../processes/bootstrap.js';
import type { IssuedAccessKey } from '../domain/access/access-key-repository.js';
import { type AccessKey, isActive, KEY_NAME } from '../domain/access/access-key.js';
import { type Role, ROLES } from '../domain/access/role.js';
import { DomainError } from '../domain/domain-error.js';
import { Database } from '../infrastructure/postgres/connection/database.js';
import { attachDatabase } from '../infrastructure/postgres/schema/open-database.js';
import { PostgresAccessKeys } from '../infrastructure/postgres/access/postgres-access-keys.js';
import { StartupError } from '../shared/startup-error.js';
import { SystemClock } from '../infrastructure/system-clock.js';
import { TIMESTAMP_RULE, parseTimestamp } from '../presentation/http/validation/timestamps.js';

const HELP = `Access keys, from the command line; the service may be running meanwhile.

  npm run keys -- list
  npm run keys -- create --name NAME --role ROLE [--acts-for-others] [--expires DATE]
  npm run keys -- rotate ID [--expires DATE]     a second key of the same name and role
  npm run keys -- revoke ID                      ends a key for good, everywhere within 5 s

  ROLE is one of ${ROLES.join(', ')}.
  --acts-for-others: it is believed who the key says did something, as of a bot that speaks for many.
  DATE is a date or a date-time such as 2027-01-01T10:00:00Z.

The secret of a new key is written to standard output, this once; everything else to standard error.
The database is that of DATABASE_URL, or the embedded one in DATA_DIR.
`;

const clock = new SystemClock();

/** What is asked for, once the command line is known to be right. */
type Command = (keys: PostgresAccessKeys) => Promise<void>;

await runCli(async ({ config, stop }) => {
  const command = commandOf(process.argv.slice(2));
  if (!command) return;
  const database = await attachDatabase(config, stop);
  try {
    await command(new PostgresAccessKeys(new Database(database.dataSource)));
  } catch (error) {
    throw error instanceof DomainError ? new StartupError(error.message) : error;
  } finally {
    await database.close();
  }
});

/** Undefined where help was asked for, and given. */
function commandOf(args: readonly string[]): Command | undefined {
  const { values, positionals } = parsed(args);
  const [verb, ...operands] = positionals;
  if (values.help || verb === undefined) {
    process.stdout.write(HELP);
    return undefined;
  }
  const expiresAt = values.expires === undefined ? undefined : momentOf(values.expires);
  switch (verb) {
    case 'list':
      requireOperands(operands, 0);
      return async (keys) => {
        process.stdout.write(tableOf(await new ListAccessKeys(keys).all()));
      };
    case 'create': {
      requireOperands(operands, 0);
      const { name = '', role, 'acts-for-others': canImpersonate = false } = values;
      if (!KEY_NAME.test(name)) {
        throw wrong('--name must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or a digit');
      }
      if (!isRole(role)) throw wrong(`--role must be one of ${ROLES.join(', ')}`);
      return async (keys) =>
        show(await new IssueAccessKey(keys, clock).execute({ name, role, canImpersonate, expiresAt }));
    }
    case 'rotate': {
      const id = idOf(operands);
      return async (keys) => show(await new RotateAccessKey(keys, clock).execute(id, expiresAt));
    }
    case 'revoke': {
      const id = idOf(operands);
      return async (keys) => {
        const { name } = await new RevokeAccessKey(keys, clock).execute(id);
        process.stderr.write(`The key ${id} (${name}) is revoked.\n`);
      };
    }
    default:
      throw wrong(`there is no "${verb}" here`);
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        name: { type: 'string' },
        role: { type: 'string' },
        'acts-for-others': { type: 'boolean' },
        expires: { type: 'string' },
      },
    });
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function wrong(detail: string): StartupError {
  return new StartupError(`${detail}.\n\n${HELP}`);
}

function requireOperands(operands: readonly string[], count: number): void {
  if (operands.length !== count)
    throw wrong(count === 0 ? `what is "${operands[0]}"` : 'the id of one key is needed');
}

function idOf(operands: readonly string[]): number {
  requireOperands(operands, 1);
  const [id] = operands;
  if (!/^[1-9]\d{0,14}$/.test(id!)) throw wrong(`"${id}" is no id of a key`);
  return Number(id);
}

function isRole(role: string | undefined): role is Role {
  return ROLES.includes(role as Role);
}

function momentOf(text: string): Date {
  const moment = parseTimestamp(text);
  if (!moment) throw wrong(`--expires ${TIMESTAMP_RULE}`);
  return moment;
}

function show({ key, secret }: IssuedAccessKey): void {
  process.stderr.write(
    `The key ${key.id} (${key.name}, ${key.role}) is made. Its secret is not shown again:\n`,
  );
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
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
