import { Logger } from '@nestjs/common';
import type { Client } from 'pg';
import { MIGRATION_NAMES } from './data-source.js';

const logger = new Logger('Migrations');

/** The difference between the schema of a database and that of this version. */
export interface SchemaVersion {
  /** Whether the database has a schema at all. */
  readonly exists: boolean;
  /** Migrations that have not run yet. */
  readonly missing: readonly string[];
  /** Migrations of a newer version of the service. */
  readonly unknown: readonly string[];
}

export async function schemaVersion(client: Client): Promise<SchemaVersion> {
  const { rows } = await client.query<{ exists: boolean }>(
    "SELECT to_regclass('migrations') IS NOT NULL AS exists",
  );
  const { exists } = rows[0]!;
  const ran = exists ? await client.query<{ name: string }>('SELECT name FROM migrations') : { rows: [] };
  const names = new Set(ran.rows.map(({ name }) => name));
  return {
    exists,
    missing: [...MIGRATION_NAMES].filter((name) => !names.has(name)),
    unknown: [...names].filter((name) => !MIGRATION_NAMES.has(name)),
  };
}

/** Warns if a newer version has migrated the schema: every migration keeps the previous version working. */
export function warnOfNewerSchema({ unknown }: SchemaVersion): void {
  if (unknown.length === 0) return;
  logger.warn(
    `the schema is of a newer version of the service (${unknown.join(', ')}); this one works on it`,
  );
}
