import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { aPort } from '../support/ports.ts';
import { PROJECT } from '../../bench/product.ts';

const programOf = (name: string) => fileURLToPath(new URL(`dist/src/${name}.js`, PROJECT));

/** Migrates the database. */
export function migrate(databaseUrl: string): void {
  execFileSync(process.execPath, [programOf('main.cli'), 'migrate'], {
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl },
    cwd: '/',
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** An api process that the test kills and starts again on the same port. */
export class KilledApi implements AsyncDisposable {
  readonly url: string;
  private readonly environment: NodeJS.ProcessEnv;
  private process: ChildProcess;

  private constructor(url: string, environment: NodeJS.ProcessEnv) {
    this.url = url;
    this.environment = environment;
    this.process = this.spawn();
  }

  static async start(databaseUrl: string, accessKey: string): Promise<KilledApi> {
    const port = await aPort();
    return new KilledApi(`http://127.0.0.1:${port}`, {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'error',
      SHUTDOWN_DELAY: '0',
      X_ACCESS_KEY: accessKey,
      DATABASE_URL: databaseUrl,
    });
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
    this.process = this.spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    // Ctrl-C in the terminal reaches this process too.
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill(signal);
    await ended;
  }

  private spawn(): ChildProcess {
    return spawn(process.execPath, ['--enable-source-maps', programOf('main')], {
      env: this.environment,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
}
