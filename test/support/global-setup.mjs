import { chmodSync, existsSync, mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { EmbeddedPostgres } from '../../dist/src/infrastructure/embedded-postgres/embedded-postgres.js';
import { migrate } from '../../dist/src/infrastructure/postgres/schema/migrations.js';
import { serveBroker } from './kafka/shared-broker.mjs';

/** More than the size of the databases of all specs. */
const REQUIRED_BYTES = 6_000_000_000;

// One PostgreSQL for all specs, with a migrated database that each spec copies, and one Kafka broker, which starts when a spec
// needs it. Specs that stop servers or change their configuration start their own. All temporary files are in memory if there is
// enough: that makes fsync free, which the service requires.
export default async function setup() {
  Logger.overrideLogger(false);
  const directory = mkdtempSync(join(parentDirectory(), 'incidents-test-'));
  chmodSync(directory, 0o755);
  process.env.TMPDIR = directory;
  const postgres = await EmbeddedPostgres.start(directory, { max_connections: '300' });
  const owner = new pg.Client(postgres.connection);
  await owner.connect();
  await owner.query('CREATE ROLE incidents_service LOGIN');
  await owner.end();
  await migrate(postgres.connection, { role: 'incidents_service' });
  process.env.TEST_POSTGRES = postgres.connection.host;
  process.env.TEST_KAFKA = join(directory, 'kafka.sock');
  const kafka = await serveBroker(process.env.TEST_KAFKA);
  globalThis.testServers = { postgres, kafka, directory };
}

function parentDirectory() {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > REQUIRED_BYTES ? memory : tmpdir();
}
