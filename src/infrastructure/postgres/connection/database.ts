import { Injectable, Logger } from '@nestjs/common';
import { Pool, type PoolClient, type QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { TimeoutError, withTimeout } from '../../../shared/timeout.js';
import { LIMITS } from './connection.js';
import type { DatabaseClient } from './database-client.js';
import { endsConnection, isStalePlan, translated, translatedForChange } from './database-errors.js';
import type { Settings } from './server-check.js';

const logger = new Logger('Database');

/** SQL that is prepared once for each connection, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** SQL that is planned each time, in a transaction that has these settings: without them it would get other plans. */
export interface SetUpStatement {
  readonly settings: Settings;
  readonly text: string;
}

/**
 * The way of all requests to PostgreSQL: explicit SQL over the connections of TypeORM's DataSource.
 * Every wait has a limit (see `LIMITS`); what goes wrong on the way is a StoreUnavailable.
 */
@Injectable()
export class Database {
  private readonly changeListeners: (() => void)[] = [];

  constructor(protected readonly dataSource: DataSource) {}

  /** The pool below the DataSource: TypeORM's own queries would return a connection that has failed to it. */
  get pool(): Pool {
    return (this.dataSource.driver as PostgresDriver).master as Pool;
  }

  /** The same database over so many connections of its own: what is done there takes none from the others. */
  separate(connections: number): SeparateDatabase {
    return new SeparateDatabase(this.dataSource, connections);
  }

  /**
   * One statement, which is one transaction: committed when this resolves with its rows. Whatever must be true together
   * is therefore one statement.
   * @param deadline of `performance.now()`, by which it settles.
   */
  query<Row extends QueryResultRow>(
    statement: Statement | SetUpStatement | string,
    values: readonly unknown[] = [],
    deadline = performance.now() + LIMITS.total,
  ): Promise<Row[]> {
    return this.run<Row>(statement, values, deadline, translated);
  }

  /** The same for a statement that changes something: OutcomeUnknown where it was sent and nothing was heard of it. */
  async change<Row extends QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    deadline: number,
  ): Promise<Row[]> {
    const rows = await this.run<Row>(statement, values, deadline, translatedForChange);
    for (const listener of this.changeListeners) listener();
    return rows;
  }

  /** Calls back after each commit of `change`. */
  onChange(listener: () => void): void {
    this.changeListeners.push(listener);
  }

  private async run<Row extends QueryResultRow>(
    statement: Statement | SetUpStatement | string,
    values: readonly unknown[],
    deadline: number,
    told: (error: unknown) => unknown,
  ): Promise<Row[]> {
    const client = await this.connect(deadline).catch((error: unknown) => {
      // Nothing was sent, and a later connection may succeed whatever the reason is.
      throw error instanceof TypeError ? error : new StoreUnavailable({ cause: error });
    });
    let broken: Error | undefined;
    try {
      const left = deadline - performance.now();
      const query = {
        ...(typeof statement === 'string' ? { text: statement } : statement),
        values: [...values],
        // Documented by pg for one statement too, and missing from its types.
        query_timeout: Math.max(Math.min(left, LIMITS.answer), 1),
      };
      return (await client.run<Row>(query)).rows;
    } catch (error) {
      if (endsConnection(error)) broken = error as Error;
      if (typeof statement === 'string' || !('name' in statement) || !isStalePlan(error)) throw told(error);
    } finally {
      client.release(broken);
    }
    // Without a name it is planned anew.
    return this.run(statement.text, values, deadline, told);
  }

  private async connect(deadline: number): Promise<PoolClient & DatabaseClient> {
    const connecting = this.pool.connect() as Promise<PoolClient & DatabaseClient>;
    const left = deadline - performance.now();
    if (left >= LIMITS.checkout) return connecting;
    // The pool has one limit for all; a request that has waited elsewhere has less.
    try {
      return await withTimeout(connecting, Math.max(left, 0));
    } catch (error) {
      if (error instanceof TimeoutError) connecting.then((client) => client.release()).catch(() => undefined);
      throw error;
    }
  }
}

/** A database with a pool beside that of the DataSource, made when it is first used. Whoever has it ends it. */
export class SeparateDatabase extends Database {
  private own: Pool | undefined;

  constructor(
    dataSource: DataSource,
    private readonly connections: number,
  ) {
    super(dataSource);
  }

  override get pool(): Pool {
    this.own ??= this.open();
    return this.own;
  }

  async end(): Promise<void> {
    await this.own?.end();
  }

  private open(): Pool {
    const pool = new Pool({ ...super.pool.options, max: this.connections, allowExitOnIdle: true });
    // The next query gets another connection; without a listener, the loss of an idle one would end the process.
    pool.on('error', ({ message }) => logger.warn(`an idle connection was lost: ${message}`));
    return pool;
  }
}
