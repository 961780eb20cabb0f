import { chownSync } from 'node:fs';
import { Client } from 'pg';
import { serverAccount } from '../../src/infrastructure/embedded-postgres/server-account.js';
import { aDataDirectory } from './embedded.js';
import { aPort } from './ports.js';
import type { TestPostgres } from './postgres.js';
import { stockPrograms, StockServer } from './stock/stock-server.js';

/** Whether this machine has a packaged PostgreSQL server; CI requires one. */
export const hasStockPostgres = process.env['CI'] === 'true' || stockPrograms() !== undefined;

if (!hasStockPostgres) {
  process.stdout.write(
    "Tests with a stock PostgreSQL are skipped: Debian's package postgresql is not installed.\n",
  );
}

/** A packaged server on 127.0.0.1, with its default configuration. */
export interface StockPostgres extends TestPostgres {
  readonly port: number;
  /** The data directory, for tests that change the configuration or copy the data. */
  readonly data: string;
  /** Runs one of PostgreSQL's programs under the server's account. */
  run(program: string, ...args: string[]): Promise<{ stdout: string; stderr: string }>;
}

/** Creates and starts a server with an empty database `incidents`; the superuser `postgres` needs no password. */
export async function aStockPostgres(): Promise<StockPostgres> {
  const { path: directory, remove } = aDataDirectory();
  const account = serverAccount(directory);
  if (account) chownSync(directory, account.uid, account.gid);
  const port = await aPort();
  const server = await StockServer.create({ account, directory, port });
  const query = async <Row extends object>(text: string, database = 'incidents') => {
    const client = new Client(server.url(database));
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  };
  await query('CREATE DATABASE incidents', 'postgres');
  return {
    url: server.url('incidents'),
    port,
    data: server.data,
    run: (program, ...args) => server.run(program, ...args),
    start: () => server.start(),
    stop: () => server.stop(),
    query,
    remove: async () => {
      await server.stop().catch(() => undefined);
      remove();
    },
  };
}
