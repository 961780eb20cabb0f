import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Contender } from './contender.ts';
import { interruption } from './interruption.ts';
import type { Peer } from './peer.ts';
import type { Postgres } from './postgres.ts';
import { CLI } from './programs.ts';
import { fill, INTO_OURS, INTO_OURS_UNTAKEN } from './rows.ts';

const run = promisify(execFile);

/** A filled database of the service, with the schema of its migrations. */
export async function createOurDatabase(postgres: Postgres, name: string, rows: number): Promise<string> {
  await createMigratedDatabase(postgres, name);
  await fillRead(postgres, name, rows, INTO_OURS);
  return name;
}

/** A database of the service with as many new incidents that were reported in chats. */
export async function createUntakenDatabase(postgres: Postgres, name: string, rows: number): Promise<string> {
  await createMigratedDatabase(postgres, name);
  await fillRead(postgres, name, rows, INTO_OURS_UNTAKEN);
  return name;
}

/** Fills a database whose events nobody has to read: a service would place and read them during a measurement. */
async function fillRead(postgres: Postgres, name: string, rows: number, statement: string): Promise<void> {
  await fill(postgres, name, rows, statement);
  await postgres.query('DELETE FROM feed_queue', name);
}

async function createMigratedDatabase(postgres: Postgres, name: string): Promise<void> {
  await postgres.create(name);
  await run(process.execPath, [CLI, 'migrate'], {
    cwd: postgres.directory,
    env: { PATH: process.env['PATH'], DATABASE_URL: postgres.url(name) },
    signal: interruption,
  });
}

/** A filled database of a peer, which creates its schema when it starts. */
export async function createPeerDatabase(postgres: Postgres, peer: Peer, rows: number): Promise<string> {
  const name = peer.name.toLowerCase();
  await postgres.create(name);
  {
    await using _ = await Contender.start(peer.program(postgres, name), postgres.directory);
  }
  await fill(postgres, name, rows, peer.insertStatement);
  return name;
}
