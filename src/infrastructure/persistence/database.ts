import { Injectable } from '@nestjs/common';
import type { Pool, QueryResult, QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { RegisterHealth } from '../../application/ports/register-health.js';
import { RegisterUnavailable } from '../../application/ports/register-unavailable.js';
import { LIMITS } from './connection.js';
import { isRefusal, translated } from './database-errors.js';

/** Sends one statement and resolves with its rows. */
export type Query = <Row extends QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

/**
 * The way of all requests to PostgreSQL: explicit SQL over the connections of TypeORM's DataSource.
 * Every wait has a limit (see `LIMITS`); what goes wrong on the way is a RegisterUnavailable.
 */
@Injectable()
export class Database implements RegisterHealth {
  constructor(private readonly dataSource: DataSource) {}

  /** The pool below the DataSource: it drops a connection that failed, which TypeORM's own queries keep. */
  get pool(): Pool {
    return (this.dataSource.driver as PostgresDriver).master as Pool;
  }

  /** One statement, committed when this resolves. */
  readonly query: Query = async <Row extends QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ) => {
    try {
      return (await this.pool.query<Row>(text, [...values])).rows;
    } catch (error) {
      throw translated(error);
    }
  };

  /** Commits what `work` has done when it resolves, and undoes it when it rejects. */
  async transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + LIMITS.transaction;
    const client = await this.pool.connect().catch((error: unknown) => {
      throw translated(error);
    });
    let broken: Error | undefined;
    const send = async <Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) => {
      const left = deadline - performance.now();
      if (left <= 0) throw new RegisterUnavailable({ cause: new Error('the transaction took too long') });
      // `query_timeout` for one statement is documented by pg, and missing from its types.
      const statement = { text, values: [...values], query_timeout: Math.min(left, LIMITS.answer) };
      try {
        return await client.query<Row>(statement);
      } catch (error) {
        if (!isRefusal(error)) broken = error as Error;
        throw translated(error);
      }
    };
    try {
      await send('BEGIN');
      const result = await work(async (text, values) => (await send(text, values)).rows as never);
      requireCommit(await send('COMMIT'));
      return result;
    } catch (error) {
      // A connection that is dropped takes its transaction with it; so does one on which even ROLLBACK fails.
      if (!broken) await send('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async check(): Promise<void> {
    await this.query('SELECT 1');
  }
}

/** PostgreSQL answers COMMIT with ROLLBACK, and no error, where a statement before has failed. */
function requireCommit({ command }: QueryResult): void {
  if (command !== 'COMMIT')
    throw new Error(`PostgreSQL answered ${command} to COMMIT: a failed statement was passed over`);
}
