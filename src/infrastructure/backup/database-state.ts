import type { Connection } from '../postgres/connection/connection.js';
import { connect } from '../postgres/connection/database-client.js';
import { schemaVersion } from '../postgres/schema/schema-version.js';

/** What a backup saves and a restore overwrites. */
export interface DatabaseState {
  /** The major version of PostgreSQL. */
  readonly major: number;
  /** Connections of running services. */
  readonly services: number;
  /** Undefined if the database has no tables of the service. */
  readonly incidents: number | undefined;
  /** The number of attachments whose bytes are objects in S3. */
  readonly objects: number;
  /** Whether a newer version of the service has migrated it, to a schema that this one does not know. */
  readonly isNewer: boolean;
}

export async function databaseStateOf(connection: Connection): Promise<DatabaseState> {
  const client = await connect(connection, 'incidents backup');
  try {
    const { rows } = await client.query<{
      major: number;
      services: number;
      hasTables: boolean;
      hasObjects: boolean;
    }>(
      `SELECT current_setting('server_version_num')::int / 10000 AS major,
         (SELECT count(*)::int FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'incidents') AS services,
         to_regclass('incident_counts') IS NOT NULL AS "hasTables",
         to_regclass('object_uploads') IS NOT NULL AS "hasObjects"`,
    );
    const { hasTables, hasObjects, ...state } = rows[0]!;
    const count = 'SELECT coalesce(sum(count), 0)::float8 AS incidents FROM incident_counts';
    const counted = hasTables ? await client.query<{ incidents: number }>(count) : undefined;
    const incidents = counted?.rows[0]!.incidents;
    const countObjects = 'SELECT count(*)::float8 AS objects FROM attachments WHERE object IS NOT NULL';
    const objects = hasObjects ? (await client.query<{ objects: number }>(countObjects)).rows[0]!.objects : 0;
    return { ...state, incidents, objects, isNewer: (await schemaVersion(client)).unknown.length > 0 };
  } finally {
    await client.end();
  }
}
