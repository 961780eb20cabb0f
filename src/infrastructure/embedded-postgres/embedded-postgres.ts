import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Client, type ClientConfig } from 'pg';
import { connectionToSocket, type Socket } from '../postgres/connection/connection.js';
import { reasonOf } from '../postgres/connection/database-errors.js';
import { StartupError } from '../../shared/startup-error.js';
import { DataDirectory, SUPERUSER, type Settings } from './data-directory.js';
import { serverPaths } from './server-paths.js';

const DATABASE = 'incidents';
const HOLDER = 'incidents service ';
const LOCK = 1;
const CANNOT_CONNECT_NOW = '57P03';
const PATIENCE = 10_000;
const PAUSE = 50;

const logger = new Logger('EmbeddedPostgres');

/** A server that may belong to somebody else; `stop` ends it where it does not. */
type Visited = Pick<EmbeddedPostgres, 'connection' | 'stop'>;

/**
 * A real PostgreSQL server of the service's own, with its data below a directory, reached by a Unix socket that only
 * its account and root can open. One service at a time holds it, by a session lock in the server itself: it is gone
 * with its holder, however that ends. A server whose holder was killed is taken over; one that dies is started again.
 */
export class EmbeddedPostgres {
  private stopping = false;

  private constructor(
    private readonly dataDirectory: string,
    private readonly cluster: DataDirectory,
    private holder: Client,
  ) {
    this.watch();
  }

  /**
   * Resolves when the server takes connections and is ours.
   * @param settings PostgreSQL settings besides our own.
   * @throws StartupError where it cannot be: another service holds it, or it does not start.
   */
  static async start(dataDirectory: string, settings: Settings = {}): Promise<EmbeddedPostgres> {
    const cluster = new DataDirectory(serverPaths(dataDirectory), settings);
    await cluster.create();
    return new EmbeddedPostgres(dataDirectory, cluster, await take(cluster, dataDirectory));
  }

  /**
   * The server as it runs for a service at this moment, or one started for as long as it is needed.
   * @throws StartupError where it does not start.
   */
  static async visit(dataDirectory: string): Promise<Visited> {
    const cluster = new DataDirectory(serverPaths(dataDirectory), {});
    const client = await connectToRunning(cluster);
    if (client) {
      await client.end();
      return { connection: connectionToSocket(cluster.socket!, SUPERUSER, DATABASE), stop: async () => {} };
    }
    return EmbeddedPostgres.start(dataDirectory);
  }

  /** How to reach the service's database. */
  get connection(): ClientConfig {
    const { host: directory, port } = this.holder;
    return connectionToSocket({ directory, port }, SUPERUSER, DATABASE);
  }

  /** Stops the server cleanly, even one that has been taken over. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.cluster.stopServer();
    await this.holder.end().catch(() => undefined);
  }

  private watch(): void {
    this.holder.once('end', () => {
      if (!this.stopping) void this.restart();
    });
  }

  private async restart(): Promise<void> {
    logger.error('the embedded PostgreSQL is gone; starting it again');
    while (!this.stopping) {
      try {
        this.holder = await take(this.cluster, this.dataDirectory);
        this.watch();
        logger.log('the embedded PostgreSQL is back');
        return;
      } catch (error) {
        logger.error(reasonOf(error));
        await sleep(1_000);
      }
    }
  }
}

/** Finds or starts the server, and makes it ours for as long as the client is connected. */
async function take(cluster: DataDirectory, dataDirectory: string): Promise<Client> {
  const client = await reach(cluster);
  try {
    await hold(client, dataDirectory);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`CREATE DATABASE ${DATABASE}`);
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function reach(cluster: DataDirectory): Promise<Client> {
  // A start may fail for a reason that passes: a process of a killed server that has not ended yet, or another
  // process that starts the same server at this moment.
  let deadline = Infinity;
  for (;;) {
    const client = await connectToRunning(cluster);
    if (client) return client;
    try {
      await cluster.startServer();
    } catch (error) {
      deadline = Math.min(deadline, Date.now() + PATIENCE);
      if (Date.now() >= deadline) throw error;
      await sleep(PAUSE);
    }
  }
}

/** Waits for a server that is starting up, recovering or shutting down; undefined where none listens. */
async function connectToRunning(cluster: DataDirectory): Promise<Client | undefined> {
  for (;;) {
    const { socket } = cluster;
    if (!socket) return undefined;
    try {
      return await connect(socket);
    } catch (error) {
      if ((error as { code?: string }).code !== CANNOT_CONNECT_NOW) return undefined;
      await sleep(PAUSE);
    }
  }
}

async function connect(socket: Socket): Promise<Client> {
  const client = new Client({
    ...connectionToSocket(socket, SUPERUSER, 'postgres'),
    application_name: `${HOLDER}${process.pid}`,
    connectionTimeoutMillis: 5_000,
  });
  // The end of the connection is what counts, and it has an event of its own.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function hold(client: Client, dataDirectory: string): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [LOCK]);
    if (rows[0]!.ours) return;
    const pid = await holderOf(client);
    // The server needs a moment to notice that a killed holder is gone.
    if ((pid !== undefined && isAlive(pid)) || Date.now() > deadline) {
      throw new StartupError(
        `The data in ${dataDirectory} is in use by the service with process id ${pid ?? 'unknown'}: ` +
          'stop that one first, or set DATA_DIR to another directory.',
      );
    }
    await sleep(PAUSE);
  }
}

async function holderOf(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT application_name AS name
     FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND datname = current_database() AND application_name LIKE $1`,
    [`${HOLDER}%`],
  );
  return rows[0] && Number(rows[0].name.slice(HOLDER.length));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
