import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Contender } from './contender.ts';
import { interruption } from './interruption.ts';
import type { Peer } from './peer.ts';
import type { Postgres } from './postgres.ts';
import { CLI } from './programs.ts';
import { fill, INTO_OURS } from './rows.ts';

const run = promisify(execFile);

/** A filled database of the service, with the schema of its migrations. */
export async function createOurDatabase(postgres: Postgres, name: string, rows: number): Promise<string> {
  await postgres.create(name);
  await run(process.execPath, [CLI, 'migrate'], {
    cwd: postgres.directory,
    env: { PATH: process.env['PATH'], DATABASE_URL: postgres.url(name) },
    signal: interruption,
  });
  await fill(postgres, name, rows, INTO_OURS);
  return name;
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
