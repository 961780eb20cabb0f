import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { serverAccount } from '../../src/infrastructure/embedded-postgres/server-account.js';
import { aDataDirectory } from './embedded.js';
import { aPort } from './ports.js';
import type { StockPostgres } from './stock-postgres.js';

/** A standby of another server, by streaming replication. */
export interface Standby {
  readonly port: number;
  /** Promotes it to a primary, and resolves when it accepts writes. */
  promote(): Promise<void>;
  remove(): Promise<void>;
}

/** Copies the primary by pg_basebackup, and starts the copy as a hot standby. */
export async function aStandbyOf(primary: StockPostgres): Promise<Standby> {
  const { path: directory, remove } = aDataDirectory();
  const account = serverAccount(directory);
  if (account) chownSync(directory, account.uid, account.gid);
  const port = await aPort();
  const data = join(directory, 'data');
  const from = ['--host=127.0.0.1', `--port=${primary.port}`, '--username=postgres'];
  await primary.run(
    'pg_basebackup',
    ...from,
    '--write-recovery-conf',
    '--checkpoint=fast',
    `--pgdata=${data}`,
  );
  const control = (...args: string[]) => primary.run('pg_ctl', `--pgdata=${data}`, ...args);
  const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${directory}`;
  await control(`--log=${join(directory, 'log')}`, '-o', options, 'start');
  return {
    port,
    promote: async () => {
      await control('--wait', 'promote');
    },
    remove: async () => {
      await control('--mode=immediate', 'stop').catch(() => undefined);
      remove();
    },
  };
}
