import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { interruption } from './interruption.ts';
import { HOME } from './postgres.ts';
import { PROJECT } from './product.ts';
import { say } from './progress.ts';

const run = promisify(execFile);

/** The peer, which the project is compared with where it stands beside it. */
const DIRECTORY = fileURLToPath(new URL('../shared/peers/', PROJECT));
const REQUIREMENTS = join(DIRECTORY, 'requirements.txt');
const PATIENCE = 300_000;

export interface Peer {
  readonly directory: string;
  readonly uvicorn: string;
  /** What it runs on, for the report. */
  readonly versions: string;
}

/** The peer with its packages in an environment of its own, which the next run finds; or why it cannot be had. */
export async function findPeer(): Promise<Peer | string> {
  if (!existsSync(REQUIREMENTS)) return 'there is no ../shared/peers beside the project';
  const environment = join(HOME, 'venv');
  try {
    await install(environment);
    const { stdout } = await run(join(environment, 'bin/python'), ['-c', VERSIONS], { signal: interruption });
    return { directory: DIRECTORY, uvicorn: join(environment, 'bin/uvicorn'), versions: stdout.trim() };
  } catch (error) {
    interruption.throwIfAborted();
    const { stderr, message } = error as { stderr?: string; message: string };
    const reason = (stderr?.trim() || message).split('\n').at(-1)!;
    return `Python with the packages of its requirements.txt cannot be had (${reason})`;
  }
}

const VERSIONS = `
import platform
from importlib.metadata import version
names = ["fastapi", "uvicorn", "sqlalchemy", "asyncpg"]
print(", ".join(["Python " + platform.python_version()] + [f"{name} {version(name)}" for name in names]))
`;

async function install(environment: string): Promise<void> {
  const installed = join(environment, 'installed.txt');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  say('installing the packages of the peer, once');
  rmSync(environment, { recursive: true, force: true });
  const limits = { timeout: PATIENCE, signal: interruption };
  await run('python3', ['-m', 'venv', environment], limits);
  await run(join(environment, 'bin/pip'), ['install', '--quiet', '-r', REQUIREMENTS], limits);
  writeFileSync(installed, wanted);
}
