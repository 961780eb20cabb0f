import { existsSync } from 'node:fs';
import { BackupFile } from '../infrastructure/backup/backup-file.js';
import { databaseStateOf } from '../infrastructure/backup/database-state.js';
import { connectionTo } from '../infrastructure/postgres/connection/connection.js';
import { migrateAndGrant, connectOrStart } from '../infrastructure/postgres/schema/open-database.js';
import type { ProcessContext } from '../processes/bootstrap.js';
import { StartupError } from '../shared/startup-error.js';
import { ownerUrlOf } from './backup.js';

/**
 * Restores a backup, all of it or nothing, and updates its schema, while no service runs.
 * @param replace overwrites a database that has incidents.
 * @throws StartupError if the file is no backup for this version, the service is running, or the database has incidents.
 */
export async function restore(
  { config, stop }: ProcessContext,
  file: string,
  replace: boolean,
): Promise<void> {
  if (!existsSync(file)) throw new StartupError(`There is no file ${file}.`);
  const database = await connectOrStart(config, stop);
  try {
    const { MIGRATION_DATABASE_URL: ownerUrl } = config;
    const owner = ownerUrl === undefined ? database.connection : connectionTo(ownerUrl);
    const { major, services, incidents = 0, isNewer } = await databaseStateOf(owner);
    if (services > 0) {
      throw new StartupError(
        `The service is running on this database (${services} connections): stop it first.`,
      );
    }
    if ((incidents > 0 || isNewer) && !replace) {
      const version = isNewer ? ' and a schema of a newer version of the service' : '';
      throw new StartupError(
        `This database has ${incidents} incidents${version}, which a restore overwrites: back it up first, then ` +
          'pass REPLACE=1 (--replace), or restore into an empty database.',
      );
    }
    const backup = await BackupFile.open(file, major, config.PG_BIN);
    await backup.restoreInto(ownerUrlOf(config, database.connection), isNewer);
    await migrateAndGrant(database, config, stop);
    const restored = await databaseStateOf(owner);
    process.stderr.write(`Restored ${restored.incidents} incidents from ${file}.\n`);
    if (restored.objects > 0) {
      process.stderr.write(
        `The bytes of ${restored.objects} files are in S3, not in the backup: S3_BUCKET_URL must name a bucket that has them.\n`,
      );
    }
  } finally {
    await database.close();
  }
}
