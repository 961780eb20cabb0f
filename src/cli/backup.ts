import { renameSync, rmSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runCli } from '../processes/bootstrap.js';
import type { Config } from '../config/config.js';
import { findTool, runTool } from '../infrastructure/backup/postgres-tools.js';
import { databaseStateOf } from '../infrastructure/backup/register-state.js';
import { type Connection, urlOf } from '../infrastructure/postgres/connection/connection.js';
import { attach } from '../infrastructure/postgres/schema/open-database.js';
import { StartupError } from '../shared/startup-error.js';

// Writes all of the register into one file, while the service runs.
await runCli(async ({ config, stop }) => {
  const { positionals } = parseArgs({ allowPositionals: true });
  const file =
    positionals[0] ?? `incidents-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.dump`;
  const database = await attach(config, stop);
  try {
    const { major, incidents } = await databaseStateOf(database.connection);
    if (incidents === undefined)
      throw new StartupError('There is no register in this database: nothing to back up.');
    const program = findTool('pg_dump', major, config.PG_BIN);
    const began = performance.now();
    // It holds all that was ever said: for its owner's eyes alone.
    process.umask(0o077);
    // A backup that has its name is whole.
    const unfinished = `${file}.unfinished`;
    try {
      await runTool(program, addressFor(config, database.connection), [
        '--format=custom',
        `--file=${unfinished}`,
      ]);
      renameSync(unfinished, file);
    } finally {
      rmSync(unfinished, { force: true });
    }
    const size = (statSync(file).size / 1_000_000).toFixed(1);
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    process.stderr.write(`At least ${incidents} incidents are in ${file} (${size} MB, ${seconds} s).\n`);
  } finally {
    await database.close();
  }
});

/** The owner reads all there is; a role with fewer rights may not. */
function addressFor(config: Config, connection: Connection): string {
  return config.MIGRATION_DATABASE_URL ?? config.DATABASE_URL ?? urlOf(connection);
}
