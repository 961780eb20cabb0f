import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { built } from '../../bench/product.ts';
import { until } from '../support/until.ts';

const { DataDirectory, SUPERUSER } = await built<
  typeof import('../../src/infrastructure/embedded-postgres/data-directory.js')
>('infrastructure/embedded-postgres/data-directory.js');
const { serverPaths } = await built<
  typeof import('../../src/infrastructure/embedded-postgres/server-paths.js')
>('infrastructure/embedded-postgres/server-paths.js');
const { readLockFile } = await built<
  typeof import('../../src/infrastructure/embedded-postgres/lock-file.js')
>('infrastructure/embedded-postgres/lock-file.js');

// The WAL is rarely written in the background, so that a crash loses unflushed commits.
const RARE_WAL_WRITES = { wal_writer_delay: '10s', wal_writer_flush_after: '1GB' };

/**
 * A trigger that makes PostgreSQL acknowledge a commit before it is on disk. The service requires durability and rejects a
 * server without it, so the trigger changes the setting inside the transactions.
 */
const UNSAFE = `
  CREATE FUNCTION commit_in_memory() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    RETURN NULL;
  END $$;
  CREATE TRIGGER commit_in_memory AFTER INSERT OR UPDATE ON incidents EXECUTE FUNCTION commit_in_memory();`;

/** A PostgreSQL with new data that the test crashes. */
export class CrashingPostgres implements AsyncDisposable {
  private readonly home: string;
  private readonly dataDirectory: InstanceType<typeof DataDirectory>;

  private constructor(home: string, dataDirectory: InstanceType<typeof DataDirectory>) {
    this.home = home;
    this.dataDirectory = dataDirectory;
  }

  static async start(unsafe: boolean): Promise<CrashingPostgres> {
    const home = mkdtempSync(join(tmpdir(), 'incidents-crash-'));
    chmodSync(home, 0o755);
    const dataDirectory = new DataDirectory(serverPaths(home), unsafe ? RARE_WAL_WRITES : {});
    const postgres = new CrashingPostgres(home, dataDirectory);
    await dataDirectory.initialise();
    await dataDirectory.startServer();
    const client = await postgres.connect('postgres');
    await client.query('CREATE DATABASE incidents');
    await client.end();
    return postgres;
  }

  get url(): string {
    const { directory, port } = this.dataDirectory.socket!;
    return `postgres://${SUPERUSER}@/incidents?host=${encodeURIComponent(directory)}&port=${port}`;
  }

  async connect(database = 'incidents'): Promise<Client> {
    const { directory: host, port } = this.dataDirectory.socket!;
    const connection: ClientConfig = { host, port, user: SUPERUSER, database };
    const client = new Client(connection);
    await client.connect();
    return client;
  }

  /** Writes all data to disk, so that no crash loses it. */
  async checkpoint(): Promise<void> {
    const client = await this.connect();
    await client.query('CHECKPOINT');
    await client.end();
  }

  /** From now on, a crash loses recent commits. */
  async makeUnsafe(): Promise<void> {
    const client = await this.connect();
    await client.query(UNSAFE);
    await client.end();
  }

  /** Stops it as `pg_ctl -m immediate` does, waits, and starts it again. */
  async crash(downtimeMs: number): Promise<void> {
    const { pid } = readLockFile(this.dataDirectory.directory)!;
    process.kill(pid, 'SIGQUIT');
    await until(() => !readLockFile(this.dataDirectory.directory));
    await sleep(downtimeMs);
    await this.dataDirectory.startServer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dataDirectory.stopServer();
    rmSync(this.home, { recursive: true, force: true });
  }
}
