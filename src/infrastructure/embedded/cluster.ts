import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StartFailure } from '../start-failure.js';
import type { ServerPlace } from './server-place.js';

const run = promisify(execFile);

/** The cluster's superuser, whom the server trusts on its socket: only its own account and root can reach that. */
export const SUPERUSER = 'incidents';

/** The longest path that a Unix socket can have everywhere, in bytes (sun_path less its end). */
const MAX_SOCKET_PATH = 103;

/** PostgreSQL settings by name. */
export type Settings = Readonly<Record<string, string>>;

// What durability rests on is said, although it is the default; the rest keeps the server to itself.
const SETTINGS: Settings = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
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
export class Cluster {
  constructor(
    private readonly place: ServerPlace,
    private readonly settings: Settings,
  ) {}

  get directory(): string {
    return this.place.cluster;
  }

  /**
   * Makes the cluster where there is none. It appears in one step: neither a crash halfway nor a second process
   * that does the same leaves half a cluster behind.
   * @throws StartFailure where there is one of another major version.
   */
  async create(): Promise<void> {
    const { cluster, major } = this.place;
    const version = join(cluster, 'PG_VERSION');
    if (!existsSync(version)) await this.initialise();
    const found = readFileSync(version, 'utf8').trim();
    if (found !== major) {
      throw new StartFailure(
        `The data in ${cluster} is of PostgreSQL ${found}, and the embedded server is ${major}: ` +
          `bring it over with pg_dump of ${found}, or set DATA_DIR to another directory.`,
      );
    }
  }

  /** Where the running server (or one that was killed) listens; undefined where none was started or all ended well. */
  get socketDirectory(): string | undefined {
    try {
      // https://www.postgresql.org/docs/current/storage-file-layout.html: the fifth line is the socket's directory.
      return readFileSync(join(this.directory, 'postmaster.pid'), 'utf8').split('\n')[4] || undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Starts the server and resolves when it takes connections, recovery included. */
  async startServer(): Promise<void> {
    const log = join(this.directory, 'startup.log');
    rmSync(log, { force: true });
    try {
      await this.run(
        'pg_ctl',
        'start',
        '-w',
        '-t',
        '600',
        '-s',
        '-D',
        this.directory,
        '-l',
        log,
        '-o',
        this.serverOptions,
      );
    } catch (error) {
      const said = existsSync(log) ? readFileSync(log, 'utf8').trim() : (error as Error).message;
      throw new StartFailure(`The embedded PostgreSQL in ${this.directory} does not start: ${said}`, {
        cause: error,
      });
    }
  }

  /** Stops the server: open transactions are rolled back, the data is left as after a clean shutdown. */
  async stopServer(): Promise<void> {
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
      throw new StartFailure(`The embedded PostgreSQL cannot be set up: ${said}`, { cause: error });
    }
  }

  /** On the command line rather than in a file: root must not write where the server's account could lay a link. */
  private get serverOptions(): string {
    const settings = {
      ...SETTINGS,
      ...this.settings,
      unix_socket_directories: `"${this.makeSocketDirectory()}"`,
    };
    return Object.entries(settings)
      .map(([name, value]) => `-c ${quoted(`${name}=${value}`)}`)
      .join(' ');
  }

  private makeSocketDirectory(): string {
    if (Buffer.byteLength(join(this.directory, '.s.PGSQL.5432')) <= MAX_SOCKET_PATH) return this.directory;
    const directory = mkdtempSync(join(tmpdir(), 'incidents-'));
    if (this.place.account) chownSync(directory, this.place.account.uid, this.place.account.gid);
    return directory;
  }

  private async run(program: 'initdb' | 'pg_ctl', ...args: string[]): Promise<void> {
    // The server's account may not be able to enter our working directory, nor have a home.
    const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
    await run(join(this.place.programs, program), args, { ...this.place.account, cwd: '/', env });
  }
}

/** pg_ctl hands the options to a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
