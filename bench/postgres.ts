import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, type ClientConfig } from 'pg';
import { stockPrograms, StockServer } from '../test/support/stock/stock-server.ts';
import { freePort } from './contender.ts';
import { built, PROJECT } from './product.ts';

type Embedding = typeof import('../src/infrastructure/embedded-postgres/embedded-postgres.js');
type Accounts = typeof import('../src/infrastructure/embedded-postgres/server-account.js');

const { EmbeddedPostgres } = await built<Embedding>('infrastructure/embedded-postgres/embedded-postgres.js');
const { serverAccount } = await built<Accounts>('infrastructure/embedded-postgres/server-account.js');

/** The data of the benchmark, ignored by git; parts of it are reused by the next run. */
export const HOME: string = fileURLToPath(new URL('.data/bench/', PROJECT));

/** The settings that make commits durable: a rate without them would be meaningless. */
const DURABILITY_SETTINGS = ['fsync', 'full_page_writes', 'synchronous_commit'];

/** A server; stopping it removes its data. */
interface Server {
  readonly name: 'embedded' | 'stock';
  readonly connection: ClientConfig;
  stop(): Promise<void>;
}

/**
 * A PostgreSQL with new data for a run. The data is on the disk of the project, since a temporary directory may be in memory,
 * where fsync is free.
 */
export class Postgres {
  /** The working directory of the programs; it contains no `.env`. */
  readonly directory: string;
  /** Of its main process. */
  pid = 0;
  private readonly server: Server;

  private constructor(directory: string, server: Server) {
    this.directory = directory;
    this.server = server;
  }

  /** The embedded server, started as in production. */
  static async startEmbedded(): Promise<Postgres> {
    return Postgres.start(HOME, async (directory) => {
      // As root, the server runs under a separate account.
      chmodSync(directory, 0o755);
      const server = await EmbeddedPostgres.start(directory);
      return {
        name: 'embedded',
        connection: server.connection,
        stop: async () => {
          const [data] = await query<{ path: string }>(
            { ...server.connection, database: 'postgres' },
            "SELECT current_setting('data_directory') AS path",
          );
          await server.stop();
          // If the account of the server cannot enter the project, the data is elsewhere, behind a symbolic link.
          rmSync(dirname(data!.path), { recursive: true, force: true });
        },
      };
    });
  }

  /** Debian's PostgreSQL with its default configuration; undefined if none is installed. */
  static async startStock(): Promise<Postgres | undefined> {
    if (stockPrograms() === undefined) return undefined;
    // The clone of root may be in a directory that the account of the server cannot enter.
    return Postgres.start('/var/tmp', async (directory) => {
      chmodSync(directory, 0o755);
      const account = serverAccount(directory);
      if (account) chownSync(directory, account.uid, account.gid);
      const port = await freePort();
      const server = await StockServer.create({ account, directory, port });
      return {
        name: 'stock',
        connection: { user: 'postgres', host: '127.0.0.1', port, database: 'postgres' },
        stop: () => server.stop(),
      };
    });
  }

  private static async start(
    home: string,
    startServer: (directory: string) => Promise<Server>,
  ): Promise<Postgres> {
    mkdirSync(home, { recursive: true });
    const directory = mkdtempSync(join(home, 'incidents-bench-'));
    try {
      const postgres = new Postgres(directory, await startServer(directory));
      await postgres.requireDurability();
      postgres.pid = await postgres.readPid();
      return postgres;
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get name(): Server['name'] {
    return this.server.name;
  }

  connection(database: string): ClientConfig {
    return { ...this.server.connection, database };
  }

  /** The URL of a database, in a form that the service, asyncpg and pgx accept. */
  url(database: string, scheme = 'postgres'): string {
    const { user, host, port } = this.server.connection;
    return `${scheme}://${user}@/${database}?host=${encodeURIComponent(String(host))}&port=${port}`;
  }

  async query<Row extends object>(text: string, database = 'postgres'): Promise<Row[]> {
    return query<Row>(this.connection(database), text);
  }

  /** Creates a database, empty or as a copy. It replaces a database of the same name. */
  async create(name: string, from = 'template1'): Promise<string> {
    await this.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await this.query(`CREATE DATABASE ${name} TEMPLATE ${from}`);
    return name;
  }

  /** Writes all data to disk, so that no measurement pays for earlier writes. */
  async checkpoint(): Promise<void> {
    await this.query('CHECKPOINT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async readPid(): Promise<number> {
    const [data] = await this.query<{ path: string }>("SELECT current_setting('data_directory') AS path");
    // https://www.postgresql.org/docs/current/storage-file-layout.html
    return Number(readFileSync(join(data!.path, 'postmaster.pid'), 'utf8').split('\n')[0]);
  }

  private async requireDurability(): Promise<void> {
    for (const setting of DURABILITY_SETTINGS) {
      const [found] = await this.query<{ value: string }>(`SELECT current_setting('${setting}') AS value`);
      if (found!.value !== 'on')
        throw new Error(`${setting} is ${found!.value}: commits would be less durable than in production`);
    }
  }
}

async function query<Row extends object>(connection: ClientConfig, text: string): Promise<Row[]> {
  const client = new Client(connection);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}
