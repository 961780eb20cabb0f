import { renameSync, rmSync, statSync } from 'node:fs';
import type { Config } from '../config/config.js';
import { findTool, runTool } from '../infrastructure/backup/postgres-tools.js';
import { databaseStateOf } from '../infrastructure/backup/database-state.js';
import { type Connection, urlOf } from '../infrastructure/postgres/connection/connection.js';
import { attach } from '../infrastructure/postgres/schema/open-database.js';
import type { ProcessContext } from '../processes/bootstrap.js';
import { StartupError } from '../shared/startup-error.js';

const defaultFile = (): string =>
  `incidents-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.dump`;

/**
 * Writes all data of the service into one file, while the service runs.
 * @throws StartupError if the database has no schema of the service, or pg_dump is missing or fails.
 */
export async function backup({ config, stop }: ProcessContext, file = defaultFile()): Promise<void> {
  const database = await attach(config, stop);
  try {
    const { major, incidents } = await databaseStateOf(database.connection);
    if (incidents === undefined)
      throw new StartupError('This database has no schema of the service: there is nothing to back up.');
    const pgDump = findTool('pg_dump', major, config.PG_BIN);
    const beganAt = performance.now();
    // Only its owner may read the backup: it holds every report.
    process.umask(0o077);
    // A file with its final name is complete.
    const unfinished = `${file}.unfinished`;
    try {
      const url = ownerUrlOf(config, database.connection);
      await runTool(pgDump, url, ['--format=custom', `--file=${unfinished}`]);
      renameSync(unfinished, file);
    } finally {
      rmSync(unfinished, { force: true });
    }
    const size = (statSync(file).size / 1_000_000).toFixed(1);
    const seconds = ((performance.now() - beganAt) / 1_000).toFixed(1);
    process.stderr.write(`Wrote at least ${incidents} incidents to ${file} (${size} MB, ${seconds} s).\n`);
  } finally {
    await database.close();
  }
}

/** The database's URL for the owner of the tables, if it is known: a role with fewer privileges may not read them all. */
export function ownerUrlOf(config: Config, connection: Connection): string {
  return config.MIGRATION_DATABASE_URL ?? config.DATABASE_URL ?? urlOf(connection);
}
