import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interruption } from '../../bench/interruption.ts';
import type { Attempt, ClientMessage, ClientOptions } from '../crash/client.ts';
import { ACCESS_KEY, type Deployment } from './deployment.ts';

const CLIENT = fileURLToPath(new URL('../crash/client.ts', import.meta.url));
/** Every so many clients, one has no idempotency keys. */
const KEYLESS_INTERVAL = 3;
const PAUSE_MS = 50;

/** The client processes of a round. */
export class Clients implements AsyncDisposable {
  /** Their ledgers. */
  readonly ledgers: readonly string[];
  private readonly processes: readonly ChildProcess[];
  private readonly exits: readonly Promise<unknown[]>[];

  /** Starts them. @param onAttempt is called with each request that was sent. */
  constructor(
    name: string,
    count: number,
    seed: number,
    deployment: Deployment,
    certificate: string,
    onAttempt: (attempt: Attempt) => void,
  ) {
    this.ledgers = Array.from({ length: count }, (_, i) => join(deployment.directory, `${name}-${i}.jsonl`));
    this.processes = this.ledgers.map((ledger, i) => {
      const options: ClientOptions = {
        name: `${name}-client-${i}`,
        urls: [deployment.url],
        accessKey: ACCESS_KEY,
        hasIdempotencyKeys: i % KEYLESS_INTERVAL !== KEYLESS_INTERVAL - 1,
        honoursRetryAfter: true,
        pauseMs: PAUSE_MS,
        seed: seed + 1_000 * (i + 1),
        ledger,
      };
      const client = fork(CLIENT, [JSON.stringify(options)], {
        execArgv: ['--disable-warning=ExperimentalWarning'],
        env: { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: certificate },
        signal: interruption,
      });
      // An interruption kills it, which is an error to Node.
      client.on('error', () => undefined);
      client.on('message', (message) => {
        const { attempt } = message as ClientMessage & { attempt?: Attempt };
        if (attempt) onAttempt(attempt);
      });
      return client;
    });
    this.exits = this.processes.map((client) => once(client, 'exit'));
    // A failure is thrown by `stop`, which waits for all of them.
    for (const exit of this.exits) exit.catch(() => undefined);
  }

  /** Lets each client complete what it is doing. @throws if a client fails. */
  async stop(): Promise<void> {
    for (const client of this.processes) if (client.connected) client.send('stop');
    const codes = (await Promise.all(this.exits)).map(([code]) => code);
    if (codes.some((code) => code !== 0)) throw new Error(`clients failed with ${codes.join(', ')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.processes) client.kill('SIGKILL');
    await Promise.allSettled(this.exits);
  }
}
