import { execFile, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Socket } from '../postgres/connection/connection.js';
import { sleepUnlessAborted } from '../../shared/abort.js';
import { StartupError } from '../../shared/startup-error.js';
import { releaseStaleLock, isReady, readLockFile } from './lock-file.js';
import type { ServerPaths } from './server-paths.js';

const run = promisify(execFile);

/** The superuser, whom the server trusts on its socket: only its own account and root can open that. */
export const SUPERUSER = 'incidents';

/** The longest path of a Unix socket on every system (sun_path without its terminator). */
const MAX_SOCKET_PATH_BYTES = 103;

const POLL_INTERVAL_MS = 20;

/** PostgreSQL settings by name. */
export type Settings = Readonly<Record<string, string>>;

// The settings that durability depends on are explicit, although they are defaults; most others make the server private.
const SETTINGS: Settings = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // WAL files are recycled: all commits wait while a new one is created (10 to 60 ms).
  min_wal_size: '512MB',
  listen_addresses: '',
  port: '5432',
  unix_socket_permissions: '0700',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'on',
  log_filename: 'postgresql-%a.log',
  log_rotation_age: '1d',
  log_truncate_on_rotation: 'on',
};

/** A data directory of PostgreSQL, and its server process, which leads its own session: a Ctrl-C in the terminal does not reach it. */
export class DataDirectory {
  private ownSocketDirectory: string | undefined;

  constructor(
    private readonly paths: ServerPaths,
    private readonly settings: Settings,
  ) {}

  get directory(): string {
    return this.paths.dataDirectory;
  }

  /**
   * Creates the data directory if there is none, in one step: neither a crash halfway nor a second process that does the
   * same leaves an incomplete one.
   * @throws StartupError if there is one of another major version.
   */
  async initialise(): Promise<void> {
    const { dataDirectory, majorVersion } = this.paths;
    const version = join(dataDirectory, 'PG_VERSION');
    if (!existsSync(version)) await this.runInitdb();
    const found = readFileSync(version, 'utf8').trim();
    if (found !== majorVersion) {
      throw new StartupError(
        `The data in ${dataDirectory} is of PostgreSQL ${found}, and the embedded server is ${majorVersion}: ` +
          `bring it over with pg_dump of ${found}, or set DATA_DIR to another directory.`,
      );
    }
  }

  /** Where the running server (or one that was killed) listens; undefined after a clean shutdown, or without a start. */
  get socket(): Socket | undefined {
    return readLockFile(this.directory)?.socket;
  }

  /**
   * Starts the server and resolves when it accepts connections, however long its recovery takes.
   * @throws StartupError with the server's output, if it ends instead.
   */
  async startServer(): Promise<void> {
    releaseStaleLock(this.directory);
    const options = Object.entries(this.serverSettings()).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const server = spawn(join(this.paths.binaries, 'postgres'), ['-D', this.directory, ...options], {
      ...this.spawnOptions,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    server.stderr.on('data', (chunk) => (output += String(chunk)));
    const ended = new AbortController();
    server.once('error', (error) => {
      output = String(error);
      ended.abort();
    });
    server.once('close', () => ended.abort());
    while (!isReady(this.directory, server.pid)) {
      if (await sleepUnlessAborted(POLL_INTERVAL_MS, ended.signal)) continue;
      const { directory } = this;
      throw new StartupError(
        `The embedded PostgreSQL in ${directory} does not start (its log is in ${directory}/log): ${output.trim()}`,
      );
    }
    // From here on it writes to its own log, and neither process waits for the other.
    server.stderr.destroy();
    server.unref();
  }

  /** Shuts the server down cleanly, if it runs; open transactions are rolled back. */
  async stopServer(): Promise<void> {
    if (!readLockFile(this.directory)) return;
    await this.run('pg_ctl', 'stop', '-m', 'fast', '-w', '-t', '10', '-s', '-D', this.directory);
  }

  private async runInitdb(): Promise<void> {
    const unfinished = `${this.directory}.new-${process.pid}`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { mode: 0o700 });
    if (this.paths.account) chownSync(unfinished, this.paths.account.uid, this.paths.account.gid);
    try {
      // The built-in locale compares and folds the letters of every language in the same way on every machine.
      await this.run(
        'initdb',
        `--pgdata=${unfinished}`,
        `--username=${SUPERUSER}`,
        '--auth=trust',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
      );
      renameSync(unfinished, this.directory);
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      // Another process was faster and has created it.
      if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') return;
      const reason = (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
      throw new StartupError(`The embedded PostgreSQL cannot be set up: ${reason}`, { cause: error });
    }
  }

  // As command-line arguments: root must not write a file where the server's account could place a symbolic link.
  private serverSettings(): Settings {
    return { ...SETTINGS, ...this.settings, unix_socket_directories: `"${this.socketDirectory()}"` };
  }

  /** The same directory for each start by this process: its pool reconnects to it. */
  private socketDirectory(): string {
    this.ownSocketDirectory ??= this.createSocketDirectory();
    return this.ownSocketDirectory;
  }

  private createSocketDirectory(): string {
    if (Buffer.byteLength(join(this.directory, '.s.PGSQL.5432')) <= MAX_SOCKET_PATH_BYTES)
      return this.directory;
    const directory = mkdtempSync(join(tmpdir(), 'incidents-'));
    if (this.paths.account) chownSync(directory, this.paths.account.uid, this.paths.account.gid);
    return directory;
  }

  // The server's account may not be able to enter our working directory, nor have a home.
  private get spawnOptions() {
    return { ...this.paths.account, cwd: '/', env: { PATH: process.env['PATH'], LC_ALL: 'C' } };
  }

  private async run(program: 'initdb' | 'pg_ctl', ...args: string[]): Promise<void> {
    await run(join(this.paths.binaries, program), args, this.spawnOptions);
  }
}
