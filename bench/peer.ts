import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Program } from './contender.ts';
import { interruption } from './interruption.ts';
import { HOME, type Postgres } from './postgres.ts';
import { PROJECT } from './product.ts';
import { logProgress } from './progress.ts';
import { INTO_FASTAPI, INTO_GO } from './rows.ts';

const run = promisify(execFile);

/** The peers that the project is compared with, if their directory exists. */
const PEERS = fileURLToPath(new URL('../shared/peers/', PROJECT));
const INSTALL_TIMEOUT_MS = 300_000;

/** Another implementation of the same API; it creates its schema when it starts. */
export interface Peer {
  readonly name: 'FastAPI' | 'Go';
  /** The versions of its runtime and libraries, for the report. */
  readonly versions: string;
  /** The statement that inserts its incidents; see `rows.ts`. */
  readonly insertStatement: string;
  /** The program, run as one process on this database. */
  program(postgres: Postgres, database: string): Program;
}

/** Each peer, or why it is not available. */
export async function findPeers(): Promise<readonly (Peer | string)[]> {
  return [await found('FastAPI', fastApi), await found('Go', go)];
}

async function found(name: Peer['name'], find: () => Promise<Peer>): Promise<Peer | string> {
  if (!existsSync(PEERS)) return `the ${name} reference: there is no ../shared/peers beside the project`;
  try {
    return await find();
  } catch (error) {
    interruption.throwIfAborted();
    const { stderr, message } = error as { stderr?: string; message: string };
    return `the ${name} reference is not available: ${(stderr?.trim() || message).split('\n').at(-1)!}`;
  }
}

/** A typical implementation: FastAPI, SQLAlchemy and asyncpg, in a Python environment that the next run reuses. */
async function fastApi(): Promise<Peer> {
  const environment = join(HOME, 'venv');
  await installPackages(environment, join(PEERS, 'requirements.txt'));
  const { stdout } = await run(join(environment, 'bin/python'), ['-c', VERSIONS], { signal: interruption });
  return {
    name: 'FastAPI',
    versions: stdout.trim(),
    insertStatement: INTO_FASTAPI,
    program: (postgres, database) => ({
      name: 'FastAPI',
      command: join(environment, 'bin/uvicorn'),
      arguments: `--host 127.0.0.1 --no-access-log --log-level warning fastapi_peer:app --app-dir`
        .split(' ')
        .concat(PEERS),
      portArgument: '--port',
      environment: {
        DATABASE_URL: postgres.url(database, 'postgresql+asyncpg'),
        PYTHONDONTWRITEBYTECODE: '1',
      },
    }),
  };
}

const VERSIONS = `
import platform
from importlib.metadata import version
names = ["fastapi", "uvicorn", "sqlalchemy", "asyncpg"]
print(", ".join(["Python " + platform.python_version()] + [f"{name} {version(name)}" for name in names]))
`;

async function installPackages(environment: string, requirements: string): Promise<void> {
  const installed = join(environment, 'installed.txt');
  const required = readFileSync(requirements, 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === required) return;
  logProgress('installing the packages of the FastAPI reference, once');
  rmSync(environment, { recursive: true, force: true });
  const limits = { timeout: INSTALL_TIMEOUT_MS, signal: interruption };
  await run('python3', ['-m', 'venv', environment], limits);
  await run(join(environment, 'bin/pip'), ['install', '--quiet', '-r', requirements], limits);
  writeFileSync(installed, required);
}

/** An implementation that is optimized for speed: net/http and pgx, compiled here. */
async function go(): Promise<Peer> {
  const source = join(PEERS, 'go_peer');
  const binary = join(HOME, 'go_peer');
  const limits = { cwd: source, timeout: INSTALL_TIMEOUT_MS, signal: interruption };
  await run('go', ['build', '-o', binary, '.'], limits);
  const { stdout } = await run('go', ['version', '-m', binary], limits);
  const pgx = /github\.com\/jackc\/pgx\/v5\s+v(\S+)/.exec(stdout)![1];
  return {
    name: 'Go',
    versions: `${/: (go\S+)/.exec(stdout)![1]}, pgx ${pgx}`,
    insertStatement: INTO_GO,
    program: (postgres, database) => ({
      name: 'Go',
      command: binary,
      arguments: [],
      environment: { DATABASE_URL: postgres.url(database) },
    }),
  };
}
