import { Logger } from '@nestjs/common';
import type { Client } from 'pg';
import { MIGRATION_NAMES } from './data-source.js';

const logger = new Logger('Migrations');

/** How the schema in a database differs from the one that this program knows. */
export interface SchemaVersion {
  /** Whether there is a register at all. */
  readonly exists: boolean;
  /** Migrations that are still to run. */
  readonly missing: readonly string[];
  /** Migrations of a newer version of the program. */
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

/** A newer version of the program has been here: migrations are such that this one goes on working. */
export function warnOfNewerSchema({ unknown }: SchemaVersion): void {
  if (unknown.length === 0) return;
  logger.warn(
    `the schema is of a newer version of the service (${unknown.join(', ')}); this one works on it`,
  );
}
