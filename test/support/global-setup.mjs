import { chmodSync, existsSync, mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { EmbeddedPostgres } from '../../dist/src/infrastructure/embedded-postgres/embedded-postgres.js';
import { migrate } from '../../dist/src/infrastructure/postgres/schema/migrations.js';

/** What the databases of all specs take, with room to spare. */
const NEEDED_BYTES = 4_000_000_000;

// One PostgreSQL for all the specs, with a migrated database that each of them copies. Where there is enough memory its data
// is there: fsync is free, and the service would refuse to work without it. The specs about crashes start servers of their own.
export default async function setup() {
  Logger.overrideLogger(false);
  const directory = mkdtempSync(join(home(), 'incidents-test-'));
  chmodSync(directory, 0o755);
  const postgres = await EmbeddedPostgres.start(directory, { max_connections: '300' });
  const owner = new pg.Client(postgres.connection);
  await owner.connect();
  await owner.query('CREATE ROLE incidents_service LOGIN');
  await owner.end();
  await migrate(postgres.connection, { role: 'incidents_service' });
  process.env.TEST_POSTGRES = postgres.connection.host;
  globalThis.testPostgres = { postgres, directory };
}

function home() {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > NEEDED_BYTES ? memory : tmpdir();
}
