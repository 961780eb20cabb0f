import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Client, type ClientConfig } from 'pg';
import { connectionToSocket, type Socket } from '../postgres/connection/connection.js';
import { reasonOf } from '../postgres/connection/database-errors.js';
import { StartupError } from '../../shared/startup-error.js';
import { DataDirectory, SUPERUSER, type Settings } from './data-directory.js';
import { serverPaths } from './server-paths.js';

const DATABASE = 'incidents';
/** The application name of the session that owns the server, before the process id. */
const OWNER_NAME_PREFIX = 'incidents service ';
const OWNER_LOCK = 1;
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const CANNOT_CONNECT_NOW = '57P03';

/** How long a failed start is retried, and how long a dead owner may keep its lock. */
const TAKEOVER_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 50;
const RESTART_PAUSE_MS = 1_000;

const logger = new Logger('EmbeddedPostgres');

/** A server that another process may own; `stop` ends it only if none does. */
type AttachedServer = Pick<EmbeddedPostgres, 'connection' | 'stop'>;

/**
 * An embedded PostgreSQL server, with its data below a directory and a Unix socket that only its account and root can open.
 * One service at a time owns it, by a session lock in the server itself, which ends with its process however that ends.
 * A service takes over a server whose owner was killed, and restarts one that dies.
 */
export class EmbeddedPostgres {
  private stopping = false;

  private constructor(
    private readonly dataDirectory: string,
    private readonly server: DataDirectory,
    private owner: Client,
  ) {
    this.watch();
  }

  /**
   * Resolves when the server accepts connections and this process owns it.
   * @param settings PostgreSQL settings besides our own.
   * @throws StartupError if another service owns it, or it does not start.
   */
  static async start(dataDirectory: string, settings: Settings = {}): Promise<EmbeddedPostgres> {
    const server = new DataDirectory(serverPaths(dataDirectory), settings);
    await server.initialise();
    return new EmbeddedPostgres(dataDirectory, server, await takeOwnership(server, dataDirectory));
  }

  /**
   * The server that a service runs at this moment, or one that is started until `stop`.
   * @throws StartupError if it does not start.
   */
  static async attach(dataDirectory: string): Promise<AttachedServer> {
    const server = new DataDirectory(serverPaths(dataDirectory), {});
    const client = await connectToRunning(server);
    if (client) {
      await client.end();
      return { connection: connectionToSocket(server.socket!, SUPERUSER, DATABASE), stop: async () => {} };
    }
    return EmbeddedPostgres.start(dataDirectory);
  }

  /** The connection to the service's database. */
  get connection(): ClientConfig {
    const { host: directory, port } = this.owner;
    return connectionToSocket({ directory, port }, SUPERUSER, DATABASE);
  }

  /** Shuts the server down cleanly, even one that was taken over. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.server.stopServer();
    await this.owner.end().catch(() => undefined);
  }

  private watch(): void {
    this.owner.once('end', () => {
      if (!this.stopping) void this.restart();
    });
  }

  private async restart(): Promise<void> {
    logger.error('the embedded PostgreSQL has stopped; restarting it');
    while (!this.stopping) {
      try {
        this.owner = await takeOwnership(this.server, this.dataDirectory);
        this.watch();
        logger.log('the embedded PostgreSQL is running again');
        return;
      } catch (error) {
        logger.error(reasonOf(error));
        await sleep(RESTART_PAUSE_MS);
      }
    }
  }
}

/** Finds or starts the server, and owns it for as long as the client is connected. */
async function takeOwnership(server: DataDirectory, dataDirectory: string): Promise<Client> {
  const client = await connectOrStart(server);
  try {
    await acquireOwnerLock(client, dataDirectory);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`CREATE DATABASE ${DATABASE}`);
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function connectOrStart(server: DataDirectory): Promise<Client> {
  // A start may fail for a transient reason: a process of a killed server that has not ended yet, or another process
  // that starts the same server at this moment.
  let deadline = Infinity;
  for (;;) {
    const client = await connectToRunning(server);
    if (client) return client;
    try {
      await server.startServer();
    } catch (error) {
      deadline = Math.min(deadline, Date.now() + TAKEOVER_TIMEOUT_MS);
      if (Date.now() >= deadline) throw error;
      await sleep(POLL_INTERVAL_MS);
    }
  }
}

/** Waits for a server that is starting up, recovering or shutting down; undefined if none listens. */
async function connectToRunning(server: DataDirectory): Promise<Client | undefined> {
  for (;;) {
    const { socket } = server;
    if (!socket) return undefined;
    try {
      return await connect(socket);
    } catch (error) {
      if ((error as { code?: string }).code !== CANNOT_CONNECT_NOW) return undefined;
      await sleep(POLL_INTERVAL_MS);
    }
  }
}

async function connect(socket: Socket): Promise<Client> {
  const client = new Client({
    ...connectionToSocket(socket, SUPERUSER, 'postgres'),
    application_name: `${OWNER_NAME_PREFIX}${process.pid}`,
    connectionTimeoutMillis: 5_000,
  });
  // `watch` listens to the event 'end', which follows each error.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function acquireOwnerLock(client: Client, dataDirectory: string): Promise<void> {
  const deadline = Date.now() + TAKEOVER_TIMEOUT_MS;
  for (;;) {
    const { rows } = await client.query<{ acquired: boolean }>(
      'SELECT pg_try_advisory_lock($1) AS acquired',
      [OWNER_LOCK],
    );
    if (rows[0]!.acquired) return;
    const pid = await ownerPid(client);
    // The server needs a moment to notice that a killed owner has disconnected.
    if ((pid !== undefined && isAlive(pid)) || Date.now() > deadline) {
      throw new StartupError(
        `The data in ${dataDirectory} is in use by the service with process id ${pid ?? 'unknown'}: ` +
          'stop that one first, or set DATA_DIR to another directory.',
      );
    }
    await sleep(POLL_INTERVAL_MS);
  }
}

async function ownerPid(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT application_name AS name
     FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND datname = current_database() AND application_name LIKE $1`,
    [`${OWNER_NAME_PREFIX}%`],
  );
  return rows[0] && Number(rows[0].name.slice(OWNER_NAME_PREFIX.length));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
