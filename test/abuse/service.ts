import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PROJECT } from '../../bench/product.ts';
import { FLAGS } from '../../bench/programs.ts';
import { aPort } from '../support/ports.ts';
import { until } from '../support/until.ts';

const PROGRAM = fileURLToPath(new URL('dist/src/main.js', PROJECT));
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const SAMPLE_INTERVAL_MS = 200;
const LIVENESS_TIMEOUT_MS = 10_000;
/** The process is killed above this, before it takes all memory of the machine. */
const MAX_RSS_BYTES = 2e9;

/** The service as a separate process, started as in production and measured from outside. */
export class AttackedService implements AsyncDisposable {
  readonly url: string;
  /** As the kernel reports it (VmHWM). */
  peakRssBytes = 0;
  worstLiveMs = 0;
  logBytes = 0;
  private readonly process: ChildProcess;
  private readonly stopped = new AbortController();
  private tail = '';

  private constructor(port: number, databaseUrl: string, accessKey: string) {
    this.url = `http://127.0.0.1:${port}`;
    this.process = spawn(process.execPath, [...FLAGS, PROGRAM], {
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PORT: String(port),
        SHUTDOWN_DELAY: '0',
        X_ACCESS_KEY: accessKey,
        DATABASE_URL: databaseUrl,
      },
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [this.process.stdout!, this.process.stderr!]) {
      output.on('data', (chunk: Buffer) => {
        this.logBytes += chunk.length;
        this.tail = (this.tail + chunk.toString()).slice(-2_000);
      });
    }
  }

  /** @throws if it does not start. */
  static async start(databaseUrl: string, accessKey: string): Promise<AttackedService> {
    const service = new AttackedService(await aPort(), databaseUrl, accessKey);
    const isReady = async () => {
      if (service.hasEnded) throw new Error('the process has ended');
      return service.isReady();
    };
    await until(isReady, { timeoutMs: START_TIMEOUT_MS }).catch((error: unknown) => {
      service.process.kill('SIGKILL');
      throw new Error(`The service does not start: ${service.tail}`, { cause: error });
    });
    service.logBytes = 0;
    void service.watchMemory();
    void service.watchLiveness();
    return service;
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped.abort();
    if (this.hasEnded) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    const kill = setTimeout(() => this.process.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(kill);
  }

  private async isReady(): Promise<boolean> {
    return fetch(`${this.url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  private async watchMemory(): Promise<void> {
    while (!this.stopped.signal.aborted && !this.hasEnded) {
      this.peakRssBytes = Math.max(this.peakRssBytes, peakRssOf(this.process.pid!));
      if (this.peakRssBytes > MAX_RSS_BYTES) this.process.kill('SIGKILL');
      await sleep(SAMPLE_INTERVAL_MS);
    }
  }

  private async watchLiveness(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      const startedAt = performance.now();
      const signal = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(LIVENESS_TIMEOUT_MS)]);
      const isLive = await fetch(`${this.url}/health/live`, { signal })
        .then((response) => response.text().then(() => response.ok))
        .catch(() => false);
      if (this.stopped.signal.aborted) return;
      this.worstLiveMs = Math.max(
        this.worstLiveMs,
        isLive ? performance.now() - startedAt : LIVENESS_TIMEOUT_MS,
      );
      await sleep(SAMPLE_INTERVAL_MS);
    }
  }
}

/** The peak memory of a process as the kernel reports it; 0 if the process has ended. */
function peakRssOf(pid: number): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) * 1_024;
  } catch {
    return 0;
  }
}
