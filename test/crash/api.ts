import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROJECT } from '../../bench/product.ts';
import { aPort } from '../support/ports.ts';
import { until } from '../support/until.ts';

/** A directory with a built release of the service. */
export type Release = string;

/** This one. */
export const CURRENT: Release = fileURLToPath(PROJECT);

const programOf = (release: Release, name: string) => join(release, 'dist/src', `${name}.js`);

/**
 * Migrates the database, while the service may run.
 * @param ownerUrl the database for the owner of the tables, if that is not the service itself.
 */
export async function migrate(
  databaseUrl: string,
  release: Release = CURRENT,
  ownerUrl?: string,
): Promise<void> {
  const migration = spawn(process.execPath, [programOf(release, 'main.cli'), 'migrate'], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: databaseUrl,
      ...(ownerUrl && { MIGRATION_DATABASE_URL: ownerUrl }),
    },
    cwd: '/',
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(migration, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the migration ended with ${code}`);
}

/** An api process that the test kills, or replaces, on the same port. */
export class TestedApi implements AsyncDisposable {
  readonly url: string;
  private readonly environment: NodeJS.ProcessEnv;
  private release: Release;
  private process: ChildProcess;

  private constructor(url: string, release: Release, environment: NodeJS.ProcessEnv) {
    this.url = url;
    this.release = release;
    this.environment = environment;
    this.process = this.spawn();
  }

  static async start(databaseUrl: string, accessKey: string, release: Release = CURRENT): Promise<TestedApi> {
    const port = await aPort();
    return new TestedApi(`http://127.0.0.1:${port}`, release, {
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

  /** Stops it as an upgrade does, starts another release, and waits until that is ready. */
  async replaceBy(release: Release): Promise<void> {
    await this.end('SIGTERM');
    this.release = release;
    this.process = this.spawn();
    await this.ready();
  }

  async ready(): Promise<void> {
    await until(() =>
      fetch(`${this.url}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
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
    return spawn(process.execPath, [programOf(this.release, 'main')], {
      env: this.environment,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
}
