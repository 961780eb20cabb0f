import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { aPort } from './ports.js';

/** Whether this machine has a Redis server; where tests run unattended there must be one. */
export const hasRedis =
  process.env['CI'] === 'true' || spawnSync('redis-server', ['--version']).error === undefined;

if (!hasRedis) {
  process.stdout.write(
    'The tests with a real Redis are left out: there is no redis-server on this machine.\n',
  );
}

export interface TestRedis {
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** SIGSTOP: it holds its connections, and answers nothing. */
  freeze(): void;
  thaw(): void;
  remove(): Promise<void>;
}

/** A real Redis of the test's own, that is started and stopped on one port. */
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
