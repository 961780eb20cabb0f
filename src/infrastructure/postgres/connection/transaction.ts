import type { Pool, PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { OutcomeUnknown, StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { Database, type LeasedClient } from './database.js';
import type { DatabaseClient } from './database-client.js';
import { toPortError, toPortErrorOfChange } from './database-errors.js';

/**
 * Runs all statements of `work` in one transaction, one after the other: all of them are committed, or none. Nobody else sees any
 * of them before. Rows that are changed stay locked until then, so it should take seconds at most.
 * @param pool from which it takes its connection; by default, that of requests.
 * @throws what `work` throws, and nothing is stored then; StoreUnavailable without a connection; OutcomeUnknown if the server does not
 * answer the commit.
 */
export async function inTransaction<Result>(
  dataSource: DataSource,
  work: (database: Database) => Promise<Result>,
  pool: Pool = new Database(dataSource).pool,
): Promise<Result> {
  const client = await connectFrom(pool);
  let failure: unknown;
  try {
    await client.query('BEGIN').catch((error: unknown) => {
      throw toPortError(error);
    });
    const result = await beforeCommit(() => work(new TransactionDatabase(dataSource, client)));
    await client.query('COMMIT').catch((error: unknown) => {
      throw toPortErrorOfChange(error);
    });
    return result;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    // Closing the connection rolls back, also where the server no longer answers.
    client.release(failure !== undefined);
  }
}

async function connectFrom(pool: Pool): Promise<PoolClient & DatabaseClient> {
  try {
    return (await pool.connect()) as PoolClient & DatabaseClient;
  } catch (error) {
    throw error instanceof TypeError ? error : new StoreUnavailable({ cause: error });
  }
}

/** What was sent before the commit is certainly not stored, whatever a statement says about itself. */
async function beforeCommit<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof OutcomeUnknown ? new StoreUnavailable({ cause: error.cause }) : error;
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
