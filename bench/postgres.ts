import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, type ClientConfig } from 'pg';
import type { EmbeddedPostgres } from '../src/infrastructure/embedded/embedded-postgres.js';
import { built, PROJECT } from './product.ts';

type Embedding = typeof import('../src/infrastructure/embedded/embedded-postgres.js');

const { EmbeddedPostgres: Embedded } = await built<Embedding>('infrastructure/embedded/embedded-postgres.js');

/** What the benchmark keeps between runs and while it runs; git does not see it. */
export const HOME: string = fileURLToPath(new URL('.data/bench/', PROJECT));

/** What an acknowledged report rests on: a rate measured without it would be worth nothing. */
const DURABLE = ['fsync', 'full_page_writes', 'synchronous_commit'];

/**
 * The one PostgreSQL of a run: the service's own embedded server, started as production starts it, on new data. The
 * data is on the same disk as production's would be, since a temporary directory may be memory, where fsync is free.
 */
export class Postgres {
  private readonly data: string;
  private readonly server: EmbeddedPostgres;

  private constructor(data: string, server: EmbeddedPostgres) {
    this.data = data;
    this.server = server;
  }

  static async start(): Promise<Postgres> {
    mkdirSync(HOME, { recursive: true });
    const data = mkdtempSync(join(HOME, 'run-'));
    // The server has an account of its own where we are root.
    chmodSync(data, 0o755);
    try {
      const postgres = new Postgres(data, await Embedded.start(data));
      await postgres.requireDurability();
      return postgres;
    } catch (error) {
      rmSync(data, { recursive: true, force: true });
      throw error;
    }
  }

  /** The directory with the data of this run. */
  get directory(): string {
    return this.data;
  }

  connection(database: string): ClientConfig {
    return { ...this.server.connection, database };
  }

  /** The address of a database, in the way that both our service and asyncpg understand. */
  url(database: string, scheme = 'postgres'): string {
    const { user, host, port } = this.server.connection;
    return `${scheme}://${user}@/${database}?host=${encodeURIComponent(String(host))}&port=${port}`;
  }

  async query<Row extends object>(text: string, database = 'postgres'): Promise<Row[]> {
    const client = new Client(this.connection(database));
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** A new database of this name, empty or a copy; one that had the name is gone. */
  async create(name: string, from = 'template1'): Promise<string> {
    await this.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await this.query(`CREATE DATABASE ${name} TEMPLATE ${from}`);
    return name;
  }

  /** Writes out what is still in memory, so that no measurement pays for what came before it. */
  async settle(): Promise<void> {
    await this.query('CHECKPOINT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const [found] = await this.query<{ cluster: string }>(
      `SELECT current_setting('data_directory') AS cluster`,
    );
    await this.server.stop();
    // Where the server's account cannot enter the project, the service keeps the data elsewhere, behind a link.
    rmSync(dirname(found!.cluster), { recursive: true, force: true });
    rmSync(this.data, { recursive: true, force: true });
  }

  private async requireDurability(): Promise<void> {
    for (const setting of DURABLE) {
      const [found] = await this.query<{ value: string }>(`SELECT current_setting('${setting}') AS value`);
      if (found!.value !== 'on')
        throw new Error(`${setting} is ${found!.value}: that is weaker than production`);
    }
  }
}
