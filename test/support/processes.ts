import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from './until.js';

/** The arguments of `node` for each program; the first is relative to dist/src. */
const PROGRAMS = {
  api: ['main.js'],
  bot: ['main.bot.js'],
  worker: ['main.worker.js'],
  migrate: ['main.cli.js', 'migrate'],
  keys: ['main.cli.js', 'keys'],
  backup: ['main.cli.js', 'backup'],
  restore: ['main.cli.js', 'restore'],
  demo: ['main.cli.js', 'demo'],
  import: ['main.cli.js', 'import'],
} as const;

/** Hundreds of processes would compile the same code. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(process.cwd(), '.cache/compiled') };

/** Less than the timeout of a test, so that its failure shows the output of the process. */
const STARTUP_TIMEOUT_MS = 100_000;

/** An unprivileged account; undefined if the tests do not run as root. */
export const ORDINARY = process.getuid!() === 0 ? { uid: 65534, gid: 65534 } : undefined;

export interface Run {
  readonly process: ChildProcess;
  /** Its output so far. */
  readonly output: () => string;
  /** Resolves with its URL when it listens; rejects with its output if it ends before, or does not listen in time. */
  ready(): Promise<string>;
  /** Resolves with the exit code, or the name of the signal that killed it. */
  ended(): Promise<number | string>;
  /** Sends a signal and waits for the exit. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

const running = new Set<ChildProcess>();

/** Starts a built program as a process that logs as in production, without this process's environment. */
export function run(
  name: keyof typeof PROGRAMS,
  environment: Record<string, string>,
  { args = [], ...options }: SpawnOptions & { readonly args?: readonly string[] } = {},
): Run {
  const [entry, ...command] = PROGRAMS[name];
  const program = join(process.cwd(), 'dist/src', entry);
  const child = spawn(process.execPath, [program, ...command, ...args], {
    cwd: '/',
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      WORKER_PORT: '0',
      LOG_FORMAT: 'json',
      SHUTDOWN_DELAY: '0',
      // The chats of tests have no limits, unless a test is about them.
      TELEGRAM_MESSAGES_PER_MINUTE: '100000',
      ...COMPILE_CACHE,
      ...environment,
    },
    ...options,
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let output = '';
  child.stdout?.on('data', (chunk) => (output += String(chunk)));
  child.stderr?.on('data', (chunk) => (output += String(chunk)));

  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  return {
    process: child,
    output: () => output,
    ready: async () => {
      const listeningAt = () => {
        const url = /listening on (http:\/\/[^\s"]+)/.exec(output)?.[1];
        if (!url && (child.exitCode !== null || child.signalCode !== null))
          throw new Error(`the process ended:\n${output}`);
        return url;
      };
      return until(listeningAt, { timeoutMs: STARTUP_TIMEOUT_MS, state: () => output });
    },
    ended: () => ended,
    end: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Stops the processes that a failed test has left running. */
export async function killLeftovers(): Promise<void> {
  for (const child of running) child.kill('SIGTERM');
  await Promise.all([...running].map((child) => once(child, 'close')));
}
