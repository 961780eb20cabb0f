import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { interruption } from './interruption.ts';

/** A key that production would accept. */
export const KEY = 'a-key-for-the-benchmark';

const LIST = '/api/v1/incidents?limit=1';
const START_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 50;
const STOP_TIMEOUT_MS = 5_000;

/** A program with the incidents API, run as one process. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The argument that sets the port, if it is not the variable PORT. */
  readonly portArgument?: string;
  /** The path that responds with 200 once the program is ready, if it is not a list of incidents. */
  readonly probe?: string;
}

/** A running program that accepts requests. */
export class Contender {
  readonly url: string;
  readonly pid: number;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
    this.pid = child.pid!;
  }

  /** Starts the program in an empty environment, discards its log, and waits until it is ready. */
  static async start(program: Program, directory: string): Promise<Contender> {
    interruption.throwIfAborted();
    const port = await freePort();
    const portArguments = program.portArgument ? [program.portArgument, String(port)] : [];
    // The working directory contains no .env.
    const child = spawn(program.command, [...program.arguments, ...portArguments], {
      cwd: directory,
      env: {
        PATH: process.env['PATH'],
        PORT: String(port),
        WORKER_PORT: String(port),
        X_ACCESS_KEY: KEY,
        ...program.environment,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errorOutput = '';
    child.stderr.on('data', (chunk) => (errorOutput = (errorOutput + String(chunk)).slice(-4_000)));
    child.once('error', (error) => (errorOutput += String(error)));
    const contender = new Contender(child, `http://127.0.0.1:${port}`);
    try {
      await contender.ready(program.probe ?? LIST);
      return contender;
    } catch (error) {
      await contender[Symbol.asyncDispose]();
      interruption.throwIfAborted();
      throw new Error(`${program.name} does not start: ${errorOutput.trim()}`, { cause: error });
    }
  }

  /** The peak resident memory in bytes; undefined except on Linux. */
  get peakMemory(): number | undefined {
    return this.memory('VmHWM');
  }

  /** The resident memory in bytes, from which the peak is measured again; undefined except on Linux. */
  restartPeakMemory(): number | undefined {
    // https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
    if (process.platform === 'linux') writeFileSync(`/proc/${this.pid}/clear_refs`, '5');
    return this.memory('VmRSS');
  }

  private memory(name: 'VmHWM' | 'VmRSS'): number | undefined {
    if (process.platform !== 'linux') return undefined;
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)![1]) * 1_024;
  }

  async request(method: string, path: string, body?: string, type = 'application/json'): Promise<Response> {
    return fetch(this.url + path, {
      method,
      headers: { 'X-Access-Key': KEY, ...(body !== undefined && { 'Content-Type': type }) },
      ...(body !== undefined && { body }),
      signal: interruption,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.child, 'close');
    this.child.kill('SIGTERM');
    const hasStopped = await Promise.race([
      ended.then(() => true),
      sleep(STOP_TIMEOUT_MS, false, { ref: false }),
    ]);
    if (hasStopped) return;
    this.child.kill('SIGKILL');
    await ended;
  }

  private get hasEnded(): boolean {
    return this.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private async ready(probe: string): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      interruption.throwIfAborted();
      if (this.hasEnded) throw new Error('the process has ended');
      const response = await this.request('GET', probe).catch(() => undefined);
      await response?.arrayBuffer();
      if (response?.status === 200) return;
      if (Date.now() > deadline)
        throw new Error(
          `${probe} is not ready after ${START_TIMEOUT_MS / 1_000} s: status ${response?.status}`,
        );
      await sleep(POLL_INTERVAL_MS);
    }
  }
}

/** A free port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
