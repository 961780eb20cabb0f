import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { Database, type LeasedClient } from './database.js';
import type { DatabaseClient } from './database-client.js';

/**
 * Runs all statements of `work` in one transaction, one after the other: all of them are committed, or none. Nobody else sees any
 * of them before. Rows that are changed stay locked until then, so it should take seconds at most.
 * @throws what `work` throws, and nothing is stored then.
 */
export async function inTransaction<Result>(
  dataSource: DataSource,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const client = (await new Database(dataSource).pool.connect()) as PoolClient & DatabaseClient;
  let failure: unknown;
  try {
    await client.query('BEGIN');
    const result = await work(new TransactionDatabase(dataSource, client));
    await client.query('COMMIT');
    return result;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    // Closing the connection rolls back, also where the server no longer answers.
    client.release(failure !== undefined);
  }
}

/** A database whose statements use one connection, in turn. */
class TransactionDatabase extends Database {
  private last: Promise<void> = Promise.resolve();

  constructor(
    dataSource: DataSource,
    private readonly client: DatabaseClient,
  ) {
    super(dataSource);
  }

  protected override async connect(): Promise<LeasedClient> {
    const { last } = this;
    const turn = Promise.withResolvers<void>();
    this.last = turn.promise;
    await last;
    return { run: (query) => this.client.run(query), release: () => turn.resolve() };
  }
}
