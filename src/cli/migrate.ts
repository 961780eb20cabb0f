import { runCli } from '../processes/bootstrap.js';
import { migrateAndGrant, connectOrStart } from '../infrastructure/postgres/schema/open-database.js';

// Brings the schema up to date, and does no more.
await runCli(async ({ config, stop }) => {
  const database = await connectOrStart(config, stop);
  try {
    const names = await migrateAndGrant(database, config, stop);
    process.stdout.write(
      names.length > 0 ? `Migrated: ${names.join(', ')}\n` : 'The schema is up to date.\n',
    );
  } finally {
    await database.close();
  }
});
