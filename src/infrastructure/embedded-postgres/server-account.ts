import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { StartupError } from '../../shared/startup-error.js';

/** The account that a server process runs under. */
export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

// PostgreSQL refuses to run as root, and initdb needs a user with a name. Debian creates the first one when its own
// PostgreSQL is installed; the second one exists on every Unix.
const CANDIDATES = ['postgres', 'nobody'];

/**
 * The account for a PostgreSQL server with its data in or below this directory: undefined for the process's own; for root,
 * the owner of the directory or, if that is root too, an unprivileged account of this machine.
 * @throws StartupError if the directory belongs to another user.
 */
export function serverAccount(dataDirectory: string): ServerAccount | undefined {
  const own = process.getuid!();
  const owner = statSync(dataDirectory, { throwIfNoEntry: false });
  if (own !== 0) {
    if (owner && owner.uid !== own) {
      throw new StartupError(
        `The data in ${dataDirectory} belongs to the user with id ${owner.uid}, and this is ${own}: ` +
          'start the service as that user or as root, or set DATA_DIR to another directory.',
      );
    }
    return undefined;
  }
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = CANDIDATES.map(accountNamed).find((found) => found !== undefined);
  if (!account) {
    throw new StartupError(
      'PostgreSQL does not run as root, and there is no user named postgres or nobody to run it: ' +
        'start the service as an ordinary user, or set DATABASE_URL.',
    );
  }
  return account;
}

/** Whether a process of this account can enter a directory. */
export function canEnter(directory: string, account: ServerAccount | undefined): boolean {
  const { status } = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], {
    ...account,
    cwd: '/',
    stdio: 'ignore',
  });
  return status === 0;
}

function accountNamed(name: string): ServerAccount | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (!line) return undefined;
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
