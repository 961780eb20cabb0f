import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Contender } from './contender.ts';
import { interruption } from './interruption.ts';
import type { Peer } from './peer.ts';
import type { Postgres } from './postgres.ts';
import { MIGRATE, usual } from './programs.ts';
import { fillOurs, fillUsual } from './rows.ts';

const run = promisify(execFile);

/** A filled database of ours, with the schema of the service's own migrations. */
export async function ourRegister(postgres: Postgres, name: string, rows: number): Promise<string> {
  await postgres.create(name);
  await run(process.execPath, [MIGRATE], {
    cwd: postgres.directory,
    env: { PATH: process.env['PATH'], DATABASE_URL: postgres.url(name) },
    signal: interruption,
  });
  await fillOurs(postgres, name, rows);
  return name;
}

/** A filled database of the peer, which makes its own schema when it starts. */
export async function usualRegister(
  postgres: Postgres,
  peer: Peer,
  name: string,
  rows: number,
): Promise<string> {
  await postgres.create(name);
  await using _ = await Contender.start(usual(peer, usualUrl(postgres, name)), postgres.directory);
  await fillUsual(postgres, name, rows);
  return name;
}

/** The address of a database for SQLAlchemy. */
export function usualUrl(postgres: Postgres, name: string): string {
  return postgres.url(name, 'postgresql+asyncpg');
}
