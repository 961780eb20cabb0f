import { type Connection, Query, type QueryConfig, type Submittable } from 'pg';

/** The handlers of a query in `pg`, which has no types for them. */
interface Handlers {
  submit(connection: Connection): Error | null;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
}

const PlainQuery = Query as unknown as new (config: QueryConfig & { queryMode: 'extended' }) => Handlers;

/**
 * A statement, preceded by one that sets up their common transaction: behind a pooler in transaction mode a session keeps no
 * settings, and statements have no names. Both are pipelined, so that no round trip is added.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class PooledQuery extends PlainQuery implements Submittable {
  private isSetUp = false;

  constructor(
    private readonly setup: string,
    { text, values }: QueryConfig,
  ) {
    super({ text, values, queryMode: 'extended' });
  }

  override submit(connection: Connection): Error | null {
    connection.stream.cork();
    try {
      connection.parse({ name: '', text: this.setup, types: [] }, true);
      connection.bind({}, true);
      connection.execute({}, true);
      return super.submit(connection);
    } finally {
      connection.stream.uncork();
    }
  }

  override handleDataRow(message: unknown): void {
    if (this.isSetUp) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.isSetUp) super.handleCommandComplete(message, connection);
    this.isSetUp = true;
  }
}
