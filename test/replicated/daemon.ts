import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** How a process of the cluster is started. */
export interface DaemonOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Its environment besides PATH. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
  /** The file for its output. */
  readonly log: string;
}

const exitActions: (() => void)[] = [];
process.once('exit', () => {
  for (const action of exitActions) action();
});

/** Calls it when the drill exits, also after an error. */
export function atExit(action: () => void): void {
  exitActions.push(action);
}

/** A process that faults kill, freeze and start again. */
export class Daemon implements AsyncDisposable {
  private readonly options: DaemonOptions;
  private process: ChildProcess | undefined;

  constructor(options: DaemonOptions) {
    this.options = options;
    // The drill may exit without stopping it.
    atExit(() => this.process?.kill('SIGKILL'));
  }

  /** Its process id; undefined if it does not run. */
  get pid(): number | undefined {
    const { process } = this;
    return process && process.exitCode === null && process.signalCode === null ? process.pid : undefined;
  }

  /** Its output so far. */
  get output(): string {
    return readFileSync(this.options.log, 'utf8');
  }

  start(): void {
    const { command, args, environment, account, log } = this.options;
    const output = openSync(log, 'a');
    this.process = spawn(command, args, {
      ...account,
      cwd: '/',
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', ...environment },
      stdio: ['ignore', output, output],
    });
    // Node reports a program that does not exist by this event.
    this.process.on('error', (error) => process.emitWarning(error));
    closeSync(output);
  }

  /** Sends a signal, and waits until the process has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.pid === undefined) return;
    const ended = once(this.process!, 'exit');
    this.process!.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
