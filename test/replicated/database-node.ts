import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { atExit, Daemon } from './daemon.ts';
import type { DatabaseNodeName, Deployment } from './deployment.ts';

/** A machine with PostgreSQL, Patroni and etcd. */
export class DatabaseNode implements AsyncDisposable {
  readonly name: DatabaseNodeName;
  /** The address of Patroni's REST API. */
  readonly patroniUrl: string;
  readonly host: string;
  private readonly data: string;
  private readonly etcd: Daemon;
  private readonly patroni: Daemon;

  constructor(name: DatabaseNodeName, deployment: Deployment) {
    this.name = name;
    this.host = deployment.address(name);
    this.patroniUrl = `http://${this.host}:${deployment.port('PATRONI')}`;
    const directory = deployment.render(name);
    this.data = join(directory, 'data');
    const { account } = deployment;
    this.etcd = new Daemon({
      command: 'etcd',
      args: [],
      environment: deployment.variables(join(directory, 'etcd.env')),
      account,
      log: join(deployment.directory, `${name}-etcd.log`),
    });
    this.patroni = new Daemon({
      command: 'patroni',
      args: [join(directory, 'patroni.yml')],
      account,
      log: join(deployment.directory, `${name}-patroni.log`),
    });
    // Patroni does not stop PostgreSQL when it is killed.
    atExit(() => this.killPostgres());
  }

  start(): void {
    this.etcd.start();
    this.patroni.start();
  }

  /** The end of Patroni's log, for errors. */
  get recentLog(): string {
    return this.patroni.output.slice(-3_000);
  }

  /** The standbys receive nothing more from it. */
  holdUpReplication(): void {
    for (const pid of this.postgresPids()) {
      if (readIfPresent(`/proc/${pid}/cmdline`)?.includes('walsender')) signalIfAlive(pid, 'SIGSTOP');
    }
  }

  /** Everything on the machine ends at once, as when it loses its power. */
  async kill(): Promise<void> {
    const ended = Promise.all([this.patroni.end('SIGKILL'), this.etcd.end('SIGKILL')]);
    this.killPostgres();
    await ended;
  }

  /** Only Patroni stops until `thaw`: PostgreSQL goes on. */
  freezePatroni(): void {
    signalIfAlive(this.patroni.pid!, 'SIGSTOP');
  }

  /** Nothing on the machine runs until `thaw`, and all its connections stay open. */
  freeze(): void {
    for (const pid of this.pids()) signalIfAlive(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.pids()) signalIfAlive(pid, 'SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  private killPostgres(): void {
    for (const pid of this.postgresPids()) signalIfAlive(pid, 'SIGKILL');
  }

  private pids(): number[] {
    return [this.patroni.pid, this.etcd.pid].filter((pid) => pid !== undefined).concat(this.postgresPids());
  }

  /** The postmaster and its children. */
  private postgresPids(): number[] {
    const postmaster = readIfPresent(join(this.data, 'postmaster.pid'))?.split('\n')[0];
    if (!postmaster || !readIfPresent(`/proc/${postmaster}/cmdline`)?.includes(this.data)) return [];
    const children = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => parentOf(pid) === postmaster);
    return [postmaster, ...children].map(Number);
  }
}

/** The id of the parent of a process; undefined if it has ended. */
function parentOf(pid: string): string | undefined {
  // The second field, a name in parentheses, may contain anything.
  return readIfPresent(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')[1];
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code!)) return undefined;
    throw error;
  }
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
