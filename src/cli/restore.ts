import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runCli } from '../processes/bootstrap.js';
import { BackupFile } from '../infrastructure/backup/backup-file.js';
import { databaseStateOf } from '../infrastructure/backup/register-state.js';
import { connectionTo, urlOf } from '../infrastructure/postgres/connection/connection.js';
import { migrateAndGrant, connectOrStart } from '../infrastructure/postgres/schema/open-database.js';
import { StartupError } from '../shared/startup-error.js';

const USAGE =
  'Say which backup to restore: make restore FILE=incidents.dump (with REPLACE=1, in place of what there is).';

// Brings a backup back, all of it or nothing, while no service runs.
await runCli(async ({ config, stop }) => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { replace: { type: 'boolean', default: false } },
  });
  const [file] = positionals;
  if (file === undefined) throw new StartupError(USAGE);
  if (!existsSync(file)) throw new StartupError(`There is no file ${file}.`);
  const database = await connectOrStart(config, stop);
  try {
    const { MIGRATION_DATABASE_URL, DATABASE_URL } = config;
    const address = MIGRATION_DATABASE_URL ?? DATABASE_URL ?? urlOf(database.connection);
    const owner = MIGRATION_DATABASE_URL ? connectionTo(MIGRATION_DATABASE_URL) : database.connection;
    const { major, services, incidents = 0, isNewer } = await databaseStateOf(owner);
    if (services > 0) {
      throw new StartupError(
        `The service is running on this database (${services} connections): stop it first.`,
      );
    }
    if ((incidents > 0 || isNewer) && !values.replace) {
      const what = isNewer ? ', which is of a newer version of the service,' : ',';
      throw new StartupError(
        `There are ${incidents} incidents in this database${what} and a restore puts the backup in their place: ` +
          'back them up first, then say REPLACE=1, or restore into an empty database.',
      );
    }
    const backup = await BackupFile.open(file, major, config.PG_BIN);
    await backup.restoreInto(address, isNewer);
    await migrateAndGrant(database, config, stop);
    process.stderr.write(
      `${(await databaseStateOf(owner)).incidents} incidents are restored from ${file}.\n`,
    );
  } finally {
    await database.close();
  }
});
