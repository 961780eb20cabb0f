import { connect as connectSocket } from 'node:net';
import { callbackify } from 'node:util';
import { Logger } from '@nestjs/common';
import { Client, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg';
import type { Connection } from './connection.js';
import { ConnectFailure, isTransient } from './database-errors.js';
import { PlainQuery, PrecededQuery } from './preceded-query.js';
import { checkSql, type Settings, transactionSetup, evaluateCheck } from './server-check.js';
import { type Server, serverAddress } from './servers.js';

const logger = new Logger('Database');

// https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-CANCELREQUEST
const CANCEL_REQUEST = 80_877_102;

/**
 * How long the plans of prepared statements are used, in milliseconds. A plan from when a table was small reads all of the table
 * for each row that it looks for, and a burst of reports fills a table long before the server analyzes it.
 */
const PLAN_LIFETIME_MS = 5_000;

export interface DatabaseClientConfig extends Connection {
  /** The settings of each of its statements. */
  readonly settings?: Settings;
  /** When it is aborted, the client cancels what it waits for: the connection, or the running statement. */
  readonly signal?: AbortSignal;
}

/** A statement with its timeout, in milliseconds, and with settings of its transaction. */
type LimitedQuery = QueryConfig & { readonly query_timeout?: number; readonly settings?: Settings };

/**
 * A connection to the primary, directly or through a pooler, on which commits are durable and `settings` apply. It connects to
 * one server: if that is not the primary, the next client of the same `servers` tries another.
 */
export class DatabaseClient extends Client {
  /** Whether it is being closed on purpose. */
  isEnding = false;
  private readonly server: Server;
  private readonly setup: string;
  /** Behind a pooler in transaction mode: its sessions keep no settings, and its statements have no names. */
  private isPooled = false;
  /** In milliseconds of `performance.now()`. */
  private plansExpireAt = 0;

  constructor(private readonly config: DatabaseClientConfig) {
    const server = config.servers?.current ?? config;
    // The pool's password is not enumerable: the spread does not copy it.
    super({ ...config, password: config.password, host: server.host, port: server.port });
    this.server = server;
    this.setup = transactionSetup(config.settings ?? {});
    // Pending queries reject; the loss of the connection alone must not end the process.
    this.on('error', () => undefined);
    const { signal } = config;
    const abort = () => this.abort();
    signal?.addEventListener('abort', abort);
    this.once('end', () => signal?.removeEventListener('abort', abort));
  }

  /** The server's address for messages. */
  get address(): string {
    return serverAddress(this.server);
  }

  /** @throws ConnectFailure if the server does not answer, accepts no writes, or may lose commits. */
  override connect(): Promise<Client>;
  override connect(callback: (error: Error | null, client?: Client) => void): void;
  override connect(callback?: (error: Error | null, client?: Client) => void): Promise<Client> | void {
    const connected = this.connectChecked();
    if (!callback) return connected;
    callbackify(() => connected)((error) => callback(error, this));
  }

  /**
   * Repeats the check of the server that `connect` includes.
   * @param timeoutMs the time after which it rejects.
   */
  async check(timeoutMs?: number): Promise<void> {
    const { processID: processId } = this as unknown as { processID: number };
    const query = { text: checkSql(this.config.settings ?? {}, processId), query_timeout: timeoutMs };
    const { rows } = await this.query(query);
    this.isPooled = evaluateCheck(rows[0], processId);
  }

  /** Runs a statement: prepared if it has a name and there is no pooler, and in a transaction of its own if it has settings. */
  run<Row extends QueryResultRow>(query: LimitedQuery): Promise<QueryResult<Row>> {
    const { text, values, name, query_timeout, settings } = query;
    return new Promise((resolve, reject) => {
      const callback = (error: Error | null, result: QueryResult<Row>) =>
        error ? reject(error) : resolve(result);
      const preceding = this.isPooled || settings ? this.setupOf(settings) : this.renewalOfPlans(name);
      const submitted =
        preceding === undefined ? new PlainQuery(text, values) : new PrecededQuery(preceding, text, values);
      const preparedAs = this.isPooled ? undefined : name;
      this.query(Object.assign(submitted, { name: preparedAs, callback, query_timeout }));
    });
  }

  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | void {
    this.isEnding = true;
    return callback ? super.end(callback) : super.end();
  }

  /** Closes the connection at once, even if a query is running. */
  destroy(): void {
    this.connection.stream.destroy();
  }

  private setupOf(settings: Settings | undefined): string {
    return settings
      ? transactionSetup({ ...(this.isPooled && this.config.settings), ...settings })
      : this.setup;
  }

  /** Lets the server plan each prepared statement again, once their plans have expired. */
  private renewalOfPlans(name: string | undefined): string | undefined {
    const now = performance.now();
    if (name === undefined || now < this.plansExpireAt) return undefined;
    this.plansExpireAt = now + PLAN_LIFETIME_MS;
    // https://www.postgresql.org/docs/current/sql-discard.html
    return 'DISCARD PLANS';
  }

  private async connectChecked(): Promise<Client> {
    try {
      await super.connect();
      await this.check(this.config.connectionTimeoutMillis);
      return this;
    } catch (error) {
      this.destroy();
      this.config.servers?.markFailed(this.server);
      throw new ConnectFailure(this.address, error);
    }
  }

  /** Otherwise a statement that waits for a lock would continue to wait, and block those after it, although nobody needs it. */
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

/**
 * Warns that a pool has lost an idle connection; the next query gets another one. One that the pool is closing is not lost, although its
 * server may stop first.
 * @param error the pool has added the client to it.
 */
export function warnOfLostConnection(error: Error & { readonly client?: DatabaseClient }): void {
  if (error.client?.isEnding) return;
  logger.warn(`lost an idle connection to ${error.client?.address}: ${error.message}`);
}

/** 0 means no limit to PostgreSQL. It overrides limits that the administrator has set for the role. */
const UNLIMITED: Settings = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
};

/** Properties of a `pg` client that have no types. */
interface Backend {
  readonly _activeQuery: unknown;
  readonly processID: number;
  readonly secretKey: number;
  readonly host: string;
  readonly port: number;
}

/**
 * The configuration of a connection for maintenance: without time limits, since building an index over many incidents takes long.
 * @param name the `application_name` of the connection.
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
 * Connects to the primary for maintenance, without time limits.
 * @throws ConnectFailure, or several in an AggregateError, if no server is usable.
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
