import { writeFileSync } from 'node:fs';
import { createApi } from '../processes/api.js';
import { bootstrap } from '../processes/bootstrap.js';
import { InfrastructureModule } from '../infrastructure/infrastructure.module.js';
import { requestDataSource } from '../infrastructure/postgres/schema/data-source.js';
import { createOpenApi } from '../presentation/http/openapi/openapi.js';

const FILE = 'docs/openapi.json';

// Writes the contract; it comes from the controllers alone, so the database is never opened.
await bootstrap(async ({ config, logger }) => {
  const app = await createApi(config, InfrastructureModule.on(requestDataSource({}, 1)), logger);
  writeFileSync(FILE, `${JSON.stringify(await createOpenApi(app), null, 2)}\n`);
  process.stdout.write(`Wrote ${FILE}\n`);
});
