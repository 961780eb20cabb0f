import { execFile, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Socket } from '../postgres/connection/connection.js';
import { sleepUnlessAborted } from '../../shared/abort.js';
import { StartupError } from '../../shared/startup-error.js';
import { forgetDeadServer, isReady, readLockFile } from './lock-file.js';
import type { ServerPaths } from './server-paths.js';

const run = promisify(execFile);

/** The cluster's superuser, whom the server trusts on its socket: only its own account and root can reach that. */
export const SUPERUSER = 'incidents';

/** The longest path that a Unix socket can have everywhere, in bytes (sun_path less its end). */
const MAX_SOCKET_PATH = 103;

const POLL_INTERVAL_MS = 20;

/** PostgreSQL settings by name. */
export type Settings = Readonly<Record<string, string>>;

// What durability rests on is said, although it is the default; most of the rest keeps the server to itself.
const SETTINGS: Settings = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // Log files are used again rather than made anew, since all commits wait while one of them is (10 to 60 ms).
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

/**
 * A PostgreSQL cluster on disk, and its server process. The server leads a session of its own: a Ctrl-C in the
 * terminal does not reach it.
 */
export class DataDirectory {
  private madeSocketDirectory: string | undefined;

  constructor(
    private readonly place: ServerPaths,
    private readonly settings: Settings,
  ) {}

  get directory(): string {
    return this.place.cluster;
  }

  /**
   * Makes the cluster where there is none. It appears in one step: neither a crash halfway nor a second process
   * that does the same leaves half a cluster behind.
   * @throws StartupError where there is one of another major version.
   */
  async create(): Promise<void> {
    const { cluster, major } = this.place;
    const version = join(cluster, 'PG_VERSION');
    if (!existsSync(version)) await this.initialise();
    const found = readFileSync(version, 'utf8').trim();
    if (found !== major) {
      throw new StartupError(
        `The data in ${cluster} is of PostgreSQL ${found}, and the embedded server is ${major}: ` +
          `bring it over with pg_dump of ${found}, or set DATA_DIR to another directory.`,
      );
    }
  }

  /** Where the running server (or one that was killed) listens; undefined where none was started or all ended well. */
  get socket(): Socket | undefined {
    return readLockFile(this.directory)?.socket;
  }

  /**
   * Starts the server and resolves when it takes connections, however long its recovery lasts.
   * @throws StartupError with what the server has said, where it ends instead.
   */
  async startServer(): Promise<void> {
    forgetDeadServer(this.directory);
    const options = Object.entries(this.serverSettings()).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const server = spawn(join(this.place.programs, 'postgres'), ['-D', this.directory, ...options], {
      ...this.surroundings,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    server.stderr.on('data', (chunk) => (said += String(chunk)));
    const ended = new AbortController();
    server.once('error', (error) => {
      said = String(error);
      ended.abort();
    });
    server.once('close', () => ended.abort());
    while (!isReady(this.directory, server.pid)) {
      if (await sleepUnlessAborted(POLL_INTERVAL_MS, ended.signal)) continue;
      const { directory } = this;
      throw new StartupError(
        `The embedded PostgreSQL in ${directory} does not start (its log is in ${directory}/log): ${said.trim()}`,
      );
    }
    // From here on it speaks to its own log, and neither process waits for the other.
    server.stderr.destroy();
    server.unref();
  }

  /** Stops the server, if it runs: open transactions are rolled back, the data is left as after a clean shutdown. */
  async stopServer(): Promise<void> {
    if (!readLockFile(this.directory)) return;
    await this.run('pg_ctl', 'stop', '-m', 'fast', '-w', '-t', '10', '-s', '-D', this.directory);
  }

  private async initialise(): Promise<void> {
    const unfinished = `${this.directory}.new-${process.pid}`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { mode: 0o700 });
    if (this.place.account) chownSync(unfinished, this.place.account.uid, this.place.account.gid);
    try {
      // The built-in locale compares and folds letters of every language alike on every machine.
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
      // Another process was faster; the cluster is there all the same.
      if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') return;
      const said = (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
      throw new StartupError(`The embedded PostgreSQL cannot be set up: ${said}`, { cause: error });
    }
  }

  // They go on the command line: root must not write files where the server's account could lay a link.
  private serverSettings(): Settings {
    return { ...SETTINGS, ...this.settings, unix_socket_directories: `"${this.socketDirectory()}"` };
  }

  /** The same for each start by this process, since the connections of its pool are made anew there. */
  private socketDirectory(): string {
    this.madeSocketDirectory ??= this.makeSocketDirectory();
    return this.madeSocketDirectory;
  }

  private makeSocketDirectory(): string {
    if (Buffer.byteLength(join(this.directory, '.s.PGSQL.5432')) <= MAX_SOCKET_PATH) return this.directory;
    const directory = mkdtempSync(join(tmpdir(), 'incidents-'));
    if (this.place.account) chownSync(directory, this.place.account.uid, this.place.account.gid);
    return directory;
  }

  // The server's account may not be able to enter our working directory, nor have a home.
  private get surroundings() {
    return { ...this.place.account, cwd: '/', env: { PATH: process.env['PATH'], LC_ALL: 'C' } };
  }

  private async run(program: 'initdb' | 'pg_ctl', ...args: string[]): Promise<void> {
    await run(join(this.place.programs, program), args, this.surroundings);
  }
}
