import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverAccount } from '../../src/infrastructure/embedded-postgres/server-account.js';
import { aDataDirectory } from './embedded.js';
import { accepts, aPort } from './ports.js';
import { hasStockPostgres, type StockPostgres } from './stock-postgres.js';
import { until } from './until.js';

const PROGRAM = '/usr/sbin/pgbouncer';

const isInstalled = process.env['CI'] === 'true' || existsSync(PROGRAM);

/** Whether this machine has PgBouncer and a server for it; CI requires both. */
export const hasPgBouncer = isInstalled && hasStockPostgres;

if (!isInstalled) process.stdout.write('Tests with PgBouncer are skipped: it is not installed.\n');

export interface PgBouncer {
  /** Of the database `incidents`, for the role `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a PgBouncer in front of a server: in transaction mode, and otherwise with its default configuration.
 * @param options an optional fixed port, and settings of the section `[pgbouncer]`.
 */
export async function aPgBouncer(
  { port: serverPort }: StockPostgres,
  { port: givenPort, ...settings }: { readonly port?: number; readonly [name: string]: unknown } = {},
): Promise<PgBouncer> {
  const { path: directory, remove } = aDataDirectory();
  const account = serverAccount(directory);
  const port = givenPort ?? (await aPort());
  const own = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    pool_mode: 'transaction',
    auth_type: 'trust',
    auth_file: join(directory, 'users'),
    ...settings,
  };
  const lines = Object.entries(own).map(([name, value]) => `${name} = ${value}`);
  const databases = `[databases]\n* = host=127.0.0.1 port=${serverPort}\n`;
  writeFileSync(join(directory, 'pgbouncer.ini'), `${databases}[pgbouncer]\n${lines.join('\n')}\n`);
  writeFileSync(own.auth_file, '"postgres" "the-right-password"\n');
  if (account) chownSync(directory, account.uid, account.gid);
  const bouncer = spawn(PROGRAM, ['--quiet', join(directory, 'pgbouncer.ini')], {
    ...account,
    cwd: directory,
    stdio: 'ignore',
  });
  const ended = once(bouncer, 'close');
  await until(() => accepts(port));
  return {
    url: `postgres://postgres@127.0.0.1:${port}/incidents`,
    stop: async () => {
      // Which signal stops it at once depends on the version; SIGKILL always does.
      bouncer.kill('SIGKILL');
      await ended;
      remove();
    },
  };
}
