import { Client } from 'pg';
import { DataDirectory, SUPERUSER } from '../../src/infrastructure/embedded-postgres/data-directory.js';
import { serverPaths } from '../../src/infrastructure/embedded-postgres/server-paths.js';
import {
  connectionToSocket,
  type Socket,
  urlOf,
} from '../../src/infrastructure/postgres/connection/connection.js';
import { aDataDirectory } from './embedded.js';

/** A PostgreSQL server for one test, outside any service, which the test can stop and start. */
export interface TestPostgres {
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  query<Row extends object>(text: string): Promise<Row[]>;
  remove(): Promise<void>;
}

export async function aPostgres(): Promise<TestPostgres> {
  const directory = aDataDirectory();
  const cluster = new DataDirectory(serverPaths(directory.path), {});
  await cluster.initialise();
  await cluster.startServer();
  const socket: Socket = cluster.socket!;
  const query = async <Row extends object>(text: string, database = 'incidents') => {
    const client = new Client(connectionToSocket(socket, SUPERUSER, database));
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  };
  await query('CREATE DATABASE incidents', 'postgres');
  return {
    url: urlOf(connectionToSocket(socket, SUPERUSER, 'incidents')),
    start: () => cluster.startServer(),
    stop: () => cluster.stopServer(),
    query,
    remove: async () => {
      await cluster.stopServer();
      directory.remove();
    },
  };
}
