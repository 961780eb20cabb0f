import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { aPort } from './ports.js';

/** Whether a Redis server is installed; required in CI. */
export const hasRedis =
  process.env['CI'] === 'true' || spawnSync('redis-server', ['--version']).error === undefined;

if (!hasRedis) {
  process.stdout.write('The tests with a real Redis are skipped: redis-server is not installed.\n');
}

export interface TestRedis {
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Sends SIGSTOP: the connections stay open, but get no response. */
  freeze(): void;
  thaw(): void;
  remove(): Promise<void>;
}

/** Starts a real Redis for one test; it keeps its port when it is stopped and started again. */
export async function aRedis(): Promise<TestRedis> {
  const directory = mkdtempSync(join(tmpdir(), 'incidents-redis-'));
  const port = await aPort();
  const url = `redis://127.0.0.1:${port}`;
  let server: ChildProcess | undefined;

  const redis: TestRedis = {
    url,
    start: async () => {
      server = spawn('redis-server', ['--port', String(port), '--dir', directory, '--save', ''], {
        stdio: 'ignore',
      });
      const client = createClient({ url, socket: { reconnectStrategy: 20 } }).on('error', () => undefined);
      await client.connect();
      await client.ping();
      client.destroy();
    },
    stop: async () => {
      if (!server) return;
      const ended = once(server, 'close');
      server.kill('SIGKILL');
      await ended;
      server = undefined;
    },
    freeze: () => void server!.kill('SIGSTOP'),
    thaw: () => void server!.kill('SIGCONT'),
    remove: async () => {
      await redis.stop();
      rmSync(directory, { recursive: true });
    },
  };
  await redis.start();
  return redis;
}
