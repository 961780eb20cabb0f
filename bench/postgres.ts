import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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

/** What the benchmark keeps between runs and while it runs; git does not see it. */
export const HOME: string = fileURLToPath(new URL('.data/bench/', PROJECT));

/** What an acknowledged report rests on: a rate measured without it would be worth nothing. */
const DURABLE = ['fsync', 'full_page_writes', 'synchronous_commit'];

/** How a server is reached, and how it ends: its data is removed then. */
interface Server {
  readonly name: 'embedded' | 'stock';
  readonly connection: ClientConfig;
  stop(): Promise<void>;
}

/**
 * A PostgreSQL of a run, on new data. The data is on the same disk as production's would be, since a temporary directory
 * may be memory, where fsync is free.
 */
export class Postgres {
  /** A directory of the run without an `.env`, in which programs are started. */
  readonly directory: string;
  private readonly server: Server;

  private constructor(directory: string, server: Server) {
    this.directory = directory;
    this.server = server;
  }

  /** The service's own embedded server, started as production starts it. */
  static async startEmbedded(): Promise<Postgres> {
    return Postgres.start(HOME, async (directory) => {
      // The server has an account of its own where we are root.
      chmodSync(directory, 0o755);
      const server = await EmbeddedPostgres.start(directory);
      return {
        name: 'embedded',
        connection: server.connection,
        stop: async () => {
          const cluster = await clusterOf(server.connection);
          await server.stop();
          // Where the server's account cannot enter the project, the service keeps the data elsewhere, behind a link.
          rmSync(dirname(cluster), { recursive: true, force: true });
        },
      };
    });
  }

  /** A server as Debian packages it, with its default configuration; undefined where none is installed. */
  static async startStock(): Promise<Postgres | undefined> {
    if (stockPrograms() === undefined) return undefined;
    // Root's clone may stand where the server's account cannot enter.
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

  /** The address of a database, in the way that our service, asyncpg and pgx understand. */
  url(database: string, scheme = 'postgres'): string {
    const { user, host, port } = this.server.connection;
    return `${scheme}://${user}@/${database}?host=${encodeURIComponent(String(host))}&port=${port}`;
  }

  async query<Row extends object>(text: string, database = 'postgres'): Promise<Row[]> {
    const client = new Client(this.connection(database));
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** A new database of this name, empty or a copy; one that had the name is gone. */
  async create(name: string, from = 'template1'): Promise<string> {
    await this.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await this.query(`CREATE DATABASE ${name} TEMPLATE ${from}`);
    return name;
  }

  /** Writes out what is still in memory, so that no measurement pays for what came before it. */
  async settle(): Promise<void> {
    await this.query('CHECKPOINT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async requireDurability(): Promise<void> {
    for (const setting of DURABLE) {
      const [found] = await this.query<{ value: string }>(`SELECT current_setting('${setting}') AS value`);
      if (found!.value !== 'on')
        throw new Error(`${setting} is ${found!.value}: that is weaker than production`);
    }
  }
}

/** The directory with the data of a server. */
async function clusterOf(connection: ClientConfig): Promise<string> {
  const client = new Client({ ...connection, database: 'postgres' });
  await client.connect();
  try {
    const { rows } = await client.query<{ cluster: string }>(
      "SELECT current_setting('data_directory') AS cluster",
    );
    return rows[0]!.cluster;
  } finally {
    await client.end();
  }
}
