import { writeFileSync } from 'node:fs';
import { InfrastructureModule } from '../infrastructure/infrastructure.module.js';
import { requestDataSource } from '../infrastructure/postgres/schema/data-source.js';
import { createOpenApi } from '../presentation/http/openapi/openapi.js';
import { createApi } from '../processes/api.js';
import type { ProcessContext } from '../processes/bootstrap.js';

const FILE = 'docs/openapi.json';

/** Writes the contract. It derives from the controllers alone: no database is opened. */
export async function writeOpenApi({ config, logger }: ProcessContext): Promise<void> {
  const app = await createApi(config, InfrastructureModule.on(requestDataSource({}, 1)), logger);
  writeFileSync(FILE, `${JSON.stringify(createOpenApi(app), null, 2)}\n`);
  process.stdout.write(`Wrote ${FILE}\n`);
}
