import { randomUUID } from 'node:crypto';
import pg, { type ClientConfig } from 'pg';
import { connectionToSocket } from '../../src/infrastructure/persistence/connection.js';

const SUPERUSER = 'incidents';

function connectionToTestServer(database: string): ClientConfig {
  return connectionToSocket(process.env['TEST_POSTGRES']!, SUPERUSER, database);
}

async function asOwner<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(connectionToTestServer('postgres'));
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export interface TestDatabase {
  readonly connection: ClientConfig;
  /** The same as a URL, for processes that are given one. */
  readonly url: string;
  query<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** A database of one's own on the tests' PostgreSQL: with the current schema, or empty. */
export async function aDatabase({ migrated = true } = {}): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asOwner((client) => client.query(`CREATE DATABASE ${name} ${migrated ? 'TEMPLATE incidents' : ''}`));
  const connection = connectionToTestServer(name);
  const client = new pg.Client(connection);
  await client.connect();
  return {
    connection,
    url: `postgres://${SUPERUSER}@/${name}?host=${encodeURIComponent(connection.host!)}`,
    query: async <Row extends object>(text: string, values: unknown[] = []) =>
      (await client.query(text, values)).rows as Row[],
    drop: async () => {
      await client.end();
      await asOwner((owner) => owner.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}
