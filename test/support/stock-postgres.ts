import { execFile } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { type ServerAccount, serverAccount } from '../../src/infrastructure/embedded/server-account.js';
import { aDataDirectory } from './embedded.js';
import { aPort } from './ports.js';
import type { TestPostgres } from './postgres.js';

const run = promisify(execFile);

/** Where Debian's packages install servers, one folder for each major version. */
const PACKAGES = '/usr/lib/postgresql';

const newest = existsSync(PACKAGES)
  ? readdirSync(PACKAGES)
      .sort((one, other) => Number(other) - Number(one))
      .map((major) => join(PACKAGES, major, 'bin'))
      .find((bin) => existsSync(join(bin, 'initdb')))
  : undefined;

/** Whether this machine has a packaged PostgreSQL server; where tests run unattended there must be one. */
export const hasStockPostgres = process.env['CI'] === 'true' || newest !== undefined;

if (!hasStockPostgres) {
  process.stdout.write(
    "The tests with a stock PostgreSQL are left out: Debian's package postgresql is not installed.\n",
  );
}

/** A packaged server on 127.0.0.1, with its default configuration. */
export interface StockPostgres extends TestPostgres {
  readonly port: number;
  /** Where the data is, for tests that change its configuration or copy it. */
  readonly data: string;
  /** Runs one of the server's programs under the account of the server. */
  run(program: string, ...args: string[]): Promise<{ stdout: string; stderr: string }>;
}

/** Creates and starts one with an empty database `incidents`, which the superuser `postgres` reaches without a password. */
export async function aStockPostgres(): Promise<StockPostgres> {
  const { path, remove } = aDataDirectory();
  const account: ServerAccount | undefined = serverAccount(path);
  if (account) chownSync(path, account.uid, account.gid);
  const data = join(path, 'data');
  const port = await aPort();
  const url = `postgres://postgres@127.0.0.1:${port}`;
  const execute = (program: string, ...args: string[]) =>
    run(join(newest!, program), args, { ...account, cwd: '/', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  const start = async () => {
    const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${path}`;
    await execute('pg_ctl', '--pgdata', data, '--log', join(path, 'log'), '-o', options, 'start');
  };
  const stop = async () => {
    await execute('pg_ctl', '--pgdata', data, '--mode', 'fast', 'stop');
  };
  const query = async <Row extends object>(text: string, database = 'incidents') => {
    const client = new Client(`${url}/${database}`);
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  };
  await execute('initdb', '--pgdata', data, '--username', 'postgres', '--auth', 'trust');
  await start();
  await query('CREATE DATABASE incidents', 'postgres');
  return {
    url: `${url}/incidents`,
    port,
    data,
    run: execute,
    start,
    stop,
    query,
    remove: async () => {
      await stop().catch(() => undefined);
      remove();
    },
  };
}
