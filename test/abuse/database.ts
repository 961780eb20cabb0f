import { Client, type ClientConfig } from 'pg';
import { Postgres } from '../../bench/postgres.ts';
import { fill, INTO_OURS } from '../../bench/rows.ts';
import { migrate } from '../crash/api.ts';
import { DUPLICATE_TEXT } from './attacks.ts';

const NAME = 'incidents';
const DUPLICATES_PER_STATEMENT = 50_000;

/** The database under attack: that of DATABASE_URL, or one in an embedded PostgreSQL. */
export class AttackedDatabase implements AsyncDisposable {
  readonly url: string;
  readonly client: Client;
  private readonly postgres: Postgres | undefined;
  private readonly filled = new Set<string>();

  private constructor(url: string, client: Client, postgres: Postgres | undefined) {
    this.url = url;
    this.client = client;
    this.postgres = postgres;
  }

  /** @throws if the database at the URL contains incidents. */
  static async open(url: string | undefined): Promise<AttackedDatabase> {
    const postgres = url === undefined ? await Postgres.startEmbedded() : undefined;
    if (postgres) await postgres.create(NAME);
    const at = url ?? postgres!.url(NAME);
    await migrate(at);
    const client = new Client(postgres ? postgres.connection(NAME) : at);
    await client.connect();
    const database = new AttackedDatabase(at, client, postgres);
    const { rows } = await client.query('SELECT FROM incidents LIMIT 1');
    if (rows.length === 0) return database;
    await database[Symbol.asyncDispose]();
    throw new Error(
      'The database of DATABASE_URL contains incidents: an attack would fill it. Use an empty one.',
    );
  }

  /** Inserts rows of a kind; further calls for the same kind do nothing. */
  async fill(kind: 'incidents' | 'duplicates', rows: number): Promise<void> {
    if (this.filled.has(kind)) return;
    this.filled.add(kind);
    if (kind === 'incidents') {
      const connection: ClientConfig = this.postgres?.connection(NAME) ?? { connectionString: this.url };
      await fill({ connection: () => connection }, NAME, rows, INTO_OURS);
    } else await this.addDuplicates(rows);
  }

  /** Inserts an incident with `count` duplicates, as the service would store it. */
  private async addDuplicates(count: number): Promise<void> {
    const { rows } = await this.client.query<{ id: number }>(
      `WITH added AS (
         INSERT INTO incidents (description, status, source, version, created_at, updated_at, dedup_key, occurrences, last_seen_at)
         VALUES ($1, 'NEW', 'monitoring', $2::int + 1, now(), now(), 'pump-17', $2::int + 1, now()) RETURNING id
       )
       INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
       SELECT id, 1, 'reported', now(), 'default', $1 FROM added RETURNING incident_id::float8 AS id`,
      [DUPLICATE_TEXT, count],
    );
    for (let first = 2; first <= count + 1; first += DUPLICATES_PER_STATEMENT) {
      await this.client.query(
        `INSERT INTO incident_events (incident_id, seq, type, at, actor, text)
         SELECT $1, seq, 'duplicate_reported', now(), 'default', $2 FROM generate_series($3::int, $4::int) AS seq`,
        [rows[0]!.id, DUPLICATE_TEXT, first, Math.min(first + DUPLICATES_PER_STATEMENT - 1, count + 1)],
      );
    }
    await this.client.query('VACUUM (ANALYZE)');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.end();
    await this.postgres?.[Symbol.asyncDispose]();
  }
}
