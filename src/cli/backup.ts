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
 * Uploads that are in flight are left out: a restored service would delete their objects, while the original one may refer to them
 * since.
 */
const WITHOUT_UPLOADS = '--exclude-table-data=*.object_uploads';

/**
 * Writes all data of the database into one file, while the service runs. It says how many files have their bytes elsewhere, in S3.
 * @throws StartupError if the database has no schema of the service, or pg_dump is missing or fails.
 */
export async function backup({ config, stop }: ProcessContext, file = defaultFile()): Promise<void> {
  const database = await attach(config, stop);
  try {
    const { major, incidents, objects } = await databaseStateOf(database.connection);
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
      await runTool(pgDump, url, ['--format=custom', WITHOUT_UPLOADS, `--file=${unfinished}`]);
      renameSync(unfinished, file);
    } finally {
      rmSync(unfinished, { force: true });
    }
    const size = (statSync(file).size / 1_000_000).toFixed(1);
    const seconds = ((performance.now() - beganAt) / 1_000).toFixed(1);
    process.stderr.write(`Wrote at least ${incidents} incidents to ${file} (${size} MB, ${seconds} s).\n`);
    if (objects > 0) {
      process.stderr.write(
        `The bytes of at least ${objects} files are in S3, not in this backup: back up the bucket after it.\n`,
      );
    }
  } finally {
    await database.close();
  }
}

/** The database's URL for the owner of the tables, if it is known: a role with fewer privileges may not read them all. */
export function ownerUrlOf(config: Config, connection: Connection): string {
  return config.MIGRATION_DATABASE_URL ?? config.DATABASE_URL ?? urlOf(connection);
}
