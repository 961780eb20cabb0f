import type { Client } from 'pg';
import type { Connection } from '../postgres/connection/connection.js';
import { connect } from '../postgres/connection/database-client.js';
import { schemaVersion } from '../postgres/schema/schema-version.js';

/** What a backup saves and a restore overwrites. */
export interface DatabaseState {
  /** The major version of PostgreSQL. */
  readonly major: number;
  /** Connections of running services. */
  readonly services: number;
  /** Undefined if the database has no register. */
  readonly incidents: number | undefined;
  /** Whether a newer version of the service has migrated it, to a schema that this one does not know. */
  readonly isNewer: boolean;
}

interface Found extends Pick<DatabaseState, 'major' | 'services'> {
  readonly hasRegister: boolean;
}

export async function databaseStateOf(connection: Connection): Promise<DatabaseState> {
  const client = await connect(connection, 'incidents backup');
  try {
    const { rows } = await client.query<Found>(
      `SELECT current_setting('server_version_num')::int / 10000 AS major,
         (SELECT count(*)::int FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'incidents') AS services,
         to_regclass('incident_counts') IS NOT NULL AS "hasRegister"`,
    );
    const { major, services, hasRegister } = rows[0]!;
    return {
      major,
      services,
      incidents: hasRegister ? await countIn(client) : undefined,
      isNewer: (await schemaVersion(client)).unknown.length > 0,
    };
  } finally {
    await client.end();
  }
}

async function countIn(client: Client): Promise<number> {
  const { rows } = await client.query<{ total: string }>(
    'SELECT coalesce(sum(count), 0) AS total FROM incident_counts',
  );
  return Number(rows[0]!.total);
}
