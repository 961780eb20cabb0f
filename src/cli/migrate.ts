import { beginTool } from '../processes/bootstrap.js';
import { bringUpToDate, reachDatabase } from '../infrastructure/postgres/schema/open-database.js';

// Brings the schema up to date, and does no more.
await beginTool(async ({ config, stop }) => {
  const database = await reachDatabase(config, stop);
  try {
    const names = await bringUpToDate(database, config, stop);
    process.stdout.write(
      names.length > 0 ? `Migrated: ${names.join(', ')}\n` : 'The schema is up to date.\n',
    );
  } finally {
    await database.close();
  }
});
