import { connect as connectSocket } from 'node:net';
import { callbackify } from 'node:util';
import { Client, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg';
import type { Connection } from './connection.js';
import { ConnectFailure, isTransient } from './database-errors.js';
import { PooledQuery } from './pooled-query.js';
import { checkOf, type Settings, transactionSetup, verdictOn } from './server-check.js';
import { type Server, serverAddress } from './servers.js';

// https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-CANCELREQUEST
const CANCEL_REQUEST = 80_877_102;

export interface DatabaseClientConfig extends Connection {
  /** What holds for each of its statements. */
  readonly settings?: Settings;
  /** Aborted, it ends what the client waits for: the connection, or the statement that runs. */
  readonly signal?: AbortSignal;
}

/** One statement, how long its answer may take, in milliseconds, and settings of its transaction. */
type LimitedQuery = QueryConfig & { readonly query_timeout?: number; readonly settings?: Settings };

/**
 * A connection to the primary, on which acknowledged reports are safe and `settings` hold: directly, or through a pooler.
 * It connects to one server: where that is not the primary, the next client of the same `servers` tries another.
 */
export class DatabaseClient extends Client {
  private readonly server: Server;
  private readonly setup: string;
  private isPooled = false;

  constructor(private readonly config: DatabaseClientConfig) {
    const server = config.servers?.current ?? config;
    // A pool hides the password from copies.
    super({ ...config, password: config.password, host: server.host, port: server.port });
    this.server = server;
    this.setup = transactionSetup(config.settings ?? {});
    // What is waited for on this connection rejects; its end alone must not end the process.
    this.on('error', () => undefined);
    const { signal } = config;
    const abort = () => this.abort();
    signal?.addEventListener('abort', abort);
    this.once('end', () => signal?.removeEventListener('abort', abort));
  }

  /** The server's address for people. */
  get address(): string {
    return serverAddress(this.server);
  }

  /** @throws ConnectFailure where the server does not answer, takes no changes, or may lose what it has committed. */
  override connect(): Promise<Client>;
  override connect(callback: (error: Error | null, client?: Client) => void): void;
  override connect(callback?: (error: Error | null, client?: Client) => void): Promise<Client> | void {
    const connected = this.connectChecked();
    if (!callback) return connected;
    callbackify(() => connected)((error) => callback(error, this));
  }

  /**
   * Looks again at what was looked at when it connected.
   * @param timeoutMs after which it rejects.
   */
  async check(timeoutMs?: number): Promise<void> {
    const { processID: processId } = this as unknown as { processID: number };
    const query = { text: checkOf(this.config.settings ?? {}, processId), query_timeout: timeoutMs };
    const { rows } = await this.query(query);
    this.isPooled = verdictOn(rows[0], processId).isPooled;
  }

  /** Runs a statement: under its name where it can be prepared, and in a transaction set up for it where it has settings. */
  run<Row extends QueryResultRow>(query: LimitedQuery): Promise<QueryResult<Row>> {
    if (!this.isPooled && !query.settings) return this.query<Row>(query);
    const setup = query.settings
      ? transactionSetup({ ...(this.isPooled && this.config.settings), ...query.settings })
      : this.setup;
    return new Promise((resolve, reject) => {
      const callback = (error: Error | null, result: QueryResult<Row>) =>
        error ? reject(error) : resolve(result);
      const { query_timeout } = query;
      this.query(Object.assign(new PooledQuery(setup, query), { callback, query_timeout }));
    });
  }

  /** Ends the connection at once, whatever it waits for. */
  destroy(): void {
    this.connection.stream.destroy();
  }

  private async connectChecked(): Promise<Client> {
    try {
      await super.connect();
      await this.check(this.config.connectionTimeoutMillis);
      return this;
    } catch (error) {
      this.destroy();
      this.config.servers?.failed(this.server);
      throw new ConnectFailure(this.address, error);
    }
  }

  /** A statement that waits for a lock would otherwise wait on, with all who come after it, when nobody waits for it. */
  private abort(): void {
    const { _activeQuery: running, processID, secretKey, host, port } = this as unknown as Backend;
    if (!running) return this.destroy();
    const request = Buffer.alloc(16);
    [request.length, CANCEL_REQUEST, processID, secretKey].forEach((word, i) =>
      request.writeInt32BE(word, 4 * i),
    );
    const socket = host.startsWith('/')
      ? connectSocket(`${host}/.s.PGSQL.${port}`)
      : connectSocket(port, host);
    socket.on('error', () => this.destroy());
    socket.end(request);
  }
}

/** PostgreSQL's way to say: without limit. Its administrator may have set limits for the role. */
const UNLIMITED: Settings = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
};

/** What `pg` keeps of a connection, and has no types for. */
interface Backend {
  readonly _activeQuery: unknown;
  readonly processID: number;
  readonly secretKey: number;
  readonly host: string;
  readonly port: number;
}

/**
 * How a program connects that works by itself: without time limits, since an index over a large register takes its time.
 * @param name that PostgreSQL shows of the connection.
 */
export function unlimited(connection: Connection, name: string, signal?: AbortSignal): DatabaseClientConfig {
  return {
    connectionTimeoutMillis: 5_000,
    ...connection,
    application_name: name,
    settings: UNLIMITED,
    signal,
  };
}

/**
 * Connects to the primary for a program that works by itself.
 * @throws ConnectFailure, or several in an AggregateError, where none of the servers is fit.
 */
export async function connect(
  connection: Connection,
  name: string,
  signal?: AbortSignal,
): Promise<DatabaseClient> {
  const failures: unknown[] = [];
  for (let i = 0; i < (connection.servers?.count ?? 1); i++) {
    const client = new DatabaseClient(unlimited(connection, name, signal));
    try {
      await client.connect();
      return client;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isTransient(error)) throw error;
      failures.push(error);
    }
  }
  throw failures.length === 1 ? failures[0] : new AggregateError(failures);
}
