import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Pool, type PoolClient, type QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { TimeoutError, withTimeout } from '../../../shared/time/timeout.js';
import { LIMITS_MS } from './connection.js';
import { type DatabaseClient, warnOfLostConnection } from './database-client.js';
import { endsConnection, isStalePlan, toPortError, toPortErrorOfChange } from './database-errors.js';
import type { SetUpStatement, Statement } from './statement.js';

/** A connection for one statement. */
export type LeasedClient = Pick<PoolClient & DatabaseClient, 'run' | 'release'>;

/**
 * Runs the SQL of all requests over the connections of TypeORM's DataSource. Every wait has a limit (see `LIMITS_MS`); an error
 * of the connection is a StoreUnavailable.
 */
@Injectable()
export class Database implements OnApplicationShutdown {
  private readonly changeListeners: (() => void)[] = [];
  private readonly separated: Database[] = [];

  constructor(protected readonly dataSource: DataSource) {}

  /** The pool below the DataSource: TypeORM's own queries would return a connection that has failed to it. */
  get pool(): Pool {
    return (this.dataSource.driver as PostgresDriver).master as Pool;
  }

  /** The same database with a separate pool of so many connections: its queries take none from other requests. */
  separate(connections: number): Database {
    const separate = new SeparateDatabase(this.dataSource, connections);
    this.separated.push(separate);
    return separate;
  }

  /** Closes the separate pools. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.separated.map((separate) => separate.onApplicationShutdown()));
  }

  /**
   * Runs one statement, which is one transaction: committed when this resolves with its rows. Changes that must be atomic are
   * therefore one statement.
   * @param deadline of `performance.now()`, by which it settles.
   */
  query<Row extends QueryResultRow>(
    statement: Statement | SetUpStatement | string,
    values: readonly unknown[] = [],
    deadline = performance.now() + LIMITS_MS.total,
  ): Promise<Row[]> {
    return this.run<Row>(statement, values, deadline, toPortError);
  }

  /** The same for a change. @throws OutcomeUnknown if the statement was sent and the server did not answer. */
  async change<Row extends QueryResultRow>(
    statement: Statement | SetUpStatement,
    values: readonly unknown[],
    deadline = performance.now() + LIMITS_MS.total,
  ): Promise<Row[]> {
    const rows = await this.run<Row>(statement, values, deadline, toPortErrorOfChange);
    this.announceChange();
    return rows;
  }

  /** Says that something was committed otherwise than by `change`, as by a transaction. */
  announceChange(): void {
    for (const listener of this.changeListeners) listener();
  }

  /** Calls the listener after each commit by `change`. */
  onChange(listener: () => void): void {
    this.changeListeners.push(listener);
  }

  private async run<Row extends QueryResultRow>(
    statement: Statement | SetUpStatement | string,
    values: readonly unknown[],
    deadline: number,
    toError: (error: unknown) => unknown,
  ): Promise<Row[]> {
    const client = await this.connect(deadline).catch((error: unknown) => {
      // Nothing was sent, and a later attempt to connect may succeed, whatever the reason is.
      throw error instanceof TypeError ? error : new StoreUnavailable({ cause: error });
    });
    let broken: Error | undefined;
    try {
      const leftMs = deadline - performance.now();
      const query = {
        ...(typeof statement === 'string' ? { text: statement } : statement),
        values: [...values],
        // pg documents this timeout for single statements too, but its types lack it.
        query_timeout: Math.max(Math.min(leftMs, LIMITS_MS.query), 1),
      };
      return (await client.run<Row>(query)).rows;
    } catch (error) {
      // Its stack leads from the socket; now it leads to who asked.
      Error.captureStackTrace(error as Error);
      if (endsConnection(error)) broken = error as Error;
      if (typeof statement === 'string' || !('name' in statement) || !isStalePlan(error))
        throw toError(error);
    } finally {
      client.release(broken);
    }
    // Without a name, it is planned again.
    return this.run(statement.text, values, deadline, toError);
  }

  /** A connection for the next statement, which is released after it. @param deadline of `performance.now()`. */
  protected async connect(deadline: number): Promise<LeasedClient> {
    const connecting = this.pool.connect() as Promise<PoolClient & DatabaseClient>;
    const leftMs = deadline - performance.now();
    if (leftMs >= LIMITS_MS.acquire) return connecting;
    // The pool has one limit for all requests; a request that has already waited elsewhere has less time.
    try {
      return await withTimeout(connecting, Math.max(leftMs, 0));
    } catch (error) {
      if (error instanceof TimeoutError) connecting.then((client) => client.release()).catch(() => undefined);
      throw error;
    }
  }
}

/** A database with a pool beside that of the DataSource, created on first use. */
class SeparateDatabase extends Database {
  private separatePool: Pool | undefined;

  constructor(
    dataSource: DataSource,
    private readonly connections: number,
  ) {
    super(dataSource);
  }

  override get pool(): Pool {
    this.separatePool ??= this.open();
    return this.separatePool;
  }

  override async onApplicationShutdown(): Promise<void> {
    await this.separatePool?.end();
  }

  private open(): Pool {
    const { options } = super.pool;
    // The password is not enumerable: the spread does not copy it.
    const { password } = options;
    const pool = new Pool({ ...options, password, max: this.connections, allowExitOnIdle: true });
    // Without a listener, the loss of an idle connection would end the process.
    pool.on('error', warnOfLostConnection);
    return pool;
  }
}
