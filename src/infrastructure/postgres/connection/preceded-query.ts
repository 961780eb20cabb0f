import { type Connection, Query, type Submittable } from 'pg';

/** What a query of `pg` has and its types lack. */
interface Internals extends Submittable {
  queryMode: 'extended' | undefined;
  submit(connection: Connection): Error | null;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
}

/** A statement. From a text and values `pg` makes one at once; an object with both it would copy, property by property, for each statement. */
export const PlainQuery = Query as unknown as new (text: string, values: unknown[] | undefined) => Internals;

/**
 * A statement, preceded by another whose rows are dropped, in the same transaction. Both are pipelined, so that no round trip is
 * added. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class PrecededQuery extends PlainQuery {
  private hasBegun = false;

  constructor(
    private readonly preceding: string,
    text: string,
    values: unknown[] | undefined,
  ) {
    super(text, values);
    this.queryMode = 'extended';
  }

  override submit(connection: Connection): Error | null {
    connection.stream.cork();
    try {
      connection.parse({ name: '', text: this.preceding, types: [] }, true);
      connection.bind({}, true);
      connection.execute({}, true);
      return super.submit(connection);
    } finally {
      connection.stream.uncork();
    }
  }

  override handleDataRow(message: unknown): void {
    if (this.hasBegun) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.hasBegun) super.handleCommandComplete(message, connection);
    this.hasBegun = true;
  }
}
