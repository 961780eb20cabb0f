import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where Debian's packages install servers, one folder for each major version. */
const PACKAGES = '/usr/lib/postgresql';

/** Where it runs: the account of its processes (undefined for our own), a directory of that account, and a free port. */
export interface StockServerPlace {
  readonly account: { readonly uid: number; readonly gid: number } | undefined;
  readonly directory: string;
  readonly port: number;
}

/** A PostgreSQL server as Debian packages it, on 127.0.0.1, with its default configuration. */
export class StockServer {
  /** Where the data is, for whoever changes its configuration or copies it. */
  readonly data: string;
  private readonly programs: string;
  private readonly place: StockServerPlace;

  private constructor(programs: string, place: StockServerPlace) {
    this.programs = programs;
    this.place = place;
    this.data = join(place.directory, 'data');
  }

  /** Creates one, and starts it. Its superuser is `postgres`, without a password. */
  static async create(place: StockServerPlace): Promise<StockServer> {
    const server = new StockServer(stockPrograms()!, place);
    await server.run('initdb', '--pgdata', server.data, '--username', 'postgres', '--auth', 'trust');
    await server.start();
    return server;
  }

  url(database: string, scheme = 'postgres'): string {
    return `${scheme}://postgres@127.0.0.1:${this.place.port}/${database}`;
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const { directory, port } = this.place;
    const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${directory}`;
    await this.run('pg_ctl', '--pgdata', this.data, '--log', join(directory, 'log'), '-o', options, 'start');
  }

  async stop(): Promise<void> {
    await this.run('pg_ctl', '--pgdata', this.data, '--mode', 'fast', 'stop');
  }

  /** Runs one of the server's programs under the account of the server. */
  run(program: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' };
    return run(join(this.programs, program), args, { ...this.place.account, cwd: '/', env });
  }
}

/** The programs of the newest packaged server; undefined where none is installed. */
export function stockPrograms(): string | undefined {
  if (!existsSync(PACKAGES)) return undefined;
  return readdirSync(PACKAGES)
    .toSorted((one, other) => Number(other) - Number(one))
    .map((major) => join(PACKAGES, major, 'bin'))
    .find((programs) => existsSync(join(programs, 'initdb')));
}
