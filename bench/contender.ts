import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { interruption } from './interruption.ts';

/** A key such as production takes. */
export const KEY = 'a-key-for-the-benchmark';

const LIST = '/api/v1/incidents?limit=1';
const PATIENCE = 60_000;
const PAUSE = 50;
const FINISHING = 5_000;

/** A program with the api of an incident register, one process of it. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** How the port is given: as an argument, where it is not the variable PORT. */
  readonly portArgument?: string;
  /** What it answers with 200 once it is ready, where that is not a list of incidents. */
  readonly probe?: string;
}

/** A program that runs and answers requests. */
export class Contender {
  readonly url: string;
  readonly pid: number;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
    this.pid = child.pid!;
  }

  /** Starts the program in an empty environment, its log thrown away, and waits until it answers. */
  static async start(program: Program, directory: string): Promise<Contender> {
    interruption.throwIfAborted();
    const port = await freePort();
    const portArguments = program.portArgument ? [program.portArgument, String(port)] : [];
    // Its working directory holds no .env.
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
    let said = '';
    child.stderr.on('data', (chunk) => (said = (said + String(chunk)).slice(-4_000)));
    child.once('error', (error) => (said += String(error)));
    const contender = new Contender(child, `http://127.0.0.1:${port}`);
    try {
      await contender.ready(program.probe ?? LIST);
      return contender;
    } catch (error) {
      await contender[Symbol.asyncDispose]();
      interruption.throwIfAborted();
      throw new Error(`${program.name} does not start: ${said.trim()}`, { cause: error });
    }
  }

  /** The most memory that was resident at any time, in bytes; undefined where the system does not tell. */
  get peakMemory(): number | undefined {
    if (process.platform !== 'linux') return undefined;
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1_024;
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
    const finished = await Promise.race([ended.then(() => true), sleep(FINISHING, false, { ref: false })]);
    if (finished) return;
    this.child.kill('SIGKILL');
    await ended;
  }

  private get hasEnded(): boolean {
    return this.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private async ready(probe: string): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      interruption.throwIfAborted();
      if (this.hasEnded) throw new Error('it has ended');
      const answer = await this.request('GET', probe).catch(() => undefined);
      await answer?.arrayBuffer();
      if (answer?.status === 200) return;
      if (Date.now() > deadline)
        throw new Error(`no ${probe} after ${PATIENCE / 1_000} s: ${answer?.status}`);
      await sleep(PAUSE);
    }
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
