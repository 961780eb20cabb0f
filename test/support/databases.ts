import { randomUUID } from 'node:crypto';
import { Client, type ClientConfig } from 'pg';
import { connectionToSocket, urlOf } from '../../src/infrastructure/postgres/connection/connection.js';
import { until } from './until.js';

const SUPERUSER = 'incidents';
const SERVICE_ROLE = 'incidents_service';

function connectionToTestServer(database: string): ClientConfig {
  return connectionToSocket({ directory: process.env['TEST_POSTGRES']!, port: 5432 }, SUPERUSER, database);
}

async function asOwner<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client(connectionToTestServer('postgres'));
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export interface TestDatabase {
  /** As the owner of the tables. */
  readonly connection: ClientConfig;
  /** The same as a URL, for other processes. */
  readonly url: string;
  /** As the service's role, which has only the privileges of the service. */
  readonly service: ClientConfig;
  query<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** The database of this connection, migrated to the current schema. */
export async function databaseAt(connection: ClientConfig): Promise<TestDatabase> {
  // Most specs need no migrations, and would load TypeORM for them.
  const { migrate } = await import('../../src/infrastructure/postgres/schema/migrations.js');
  await migrate(connection);
  return opened(connection, () => Promise.resolve());
}

/** Creates a database on the tests' PostgreSQL: with the current schema, or empty. */
export async function aDatabase({ migrated = true } = {}): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asOwner((client) => client.query(`CREATE DATABASE ${name} ${migrated ? 'TEMPLATE incidents' : ''}`));
  const connection = connectionToTestServer(name);
  return opened(connection, () =>
    asOwner((client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`)).then(() => undefined),
  );
}

/** Resolves once another session waits for a lock that this connection holds. */
export async function untilBlocking(database: TestDatabase): Promise<void> {
  const isBlocking = async () => {
    const blocked = await database.query(
      'SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))',
    );
    return blocked.length > 0;
  };
  await until(isBlocking);
}

async function opened(connection: ClientConfig, remove: () => Promise<void>): Promise<TestDatabase> {
  const client = new Client(connection);
  // Its server may be stopped on purpose.
  client.on('error', () => undefined);
  await client.connect();
  return {
    connection,
    url: urlOf(connection),
    service: { ...connection, user: SERVICE_ROLE },
    query: async <Row extends object>(text: string, values: unknown[] = []) =>
      (await client.query(text, values)).rows as Row[],
    drop: async () => {
      await client.end().catch(() => undefined);
      await remove();
    },
  };
}
