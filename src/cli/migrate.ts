import type { ProcessContext } from '../processes/bootstrap.js';
import { migrateAndGrant, connectOrStart } from '../infrastructure/postgres/schema/open-database.js';

/** Updates the schema of the database. */
export async function migrate({ config, stop }: ProcessContext): Promise<void> {
  const database = await connectOrStart(config, stop);
  try {
    const names = await migrateAndGrant(database, config, stop);
    process.stdout.write(
      names.length > 0 ? `Migrated: ${names.join(', ')}\n` : 'The schema is up to date.\n',
    );
  } finally {
    await database.close();
  }
}
