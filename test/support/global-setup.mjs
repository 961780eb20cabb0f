import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { EmbeddedPostgres } from '../../dist/src/infrastructure/embedded/embedded-postgres.js';
import { migrate } from '../../dist/src/infrastructure/persistence/migrations.js';
import { grantRights } from '../../dist/src/infrastructure/persistence/rights.js';

// One PostgreSQL for all the specs, with a migrated database that each of them copies. It forgets a crash, and is
// fast for it; the specs about crashes start servers of their own.
export default async function setup() {
  Logger.overrideLogger(false);
  const directory = mkdtempSync(join(tmpdir(), 'incidents-test-'));
  chmodSync(directory, 0o755);
  const postgres = await EmbeddedPostgres.start(directory, {
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: 'off',
    max_connections: '300',
  });
  await migrate(postgres.connection);
  const owner = new pg.Client(postgres.connection);
  await owner.connect();
  await owner.query('CREATE ROLE incidents_service LOGIN');
  await owner.end();
  await grantRights(postgres.connection, 'incidents_service');
  process.env.TEST_POSTGRES = postgres.connection.host;
  globalThis.testPostgres = { postgres, directory };
}
