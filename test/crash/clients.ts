import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interruption } from '../../bench/interruption.ts';
import { formatNumber, logProgress } from '../../bench/progress.ts';
import type { ClientMessage, ClientOptions } from './client.ts';
import { type Entry, readLedger } from './ledger.ts';

const CLIENT = fileURLToPath(new URL('client.ts', import.meta.url));
const PROGRESS_LINES = 10;

/** Something that happens while clients report. */
export interface Disturbance {
  /** The number of reports after which it happens. */
  readonly afterReports: number;
  readonly inject: () => Promise<void>;
}

interface Load {
  /** The number of incidents that all clients report together; each is also changed a few times. */
  readonly creates: number;
  readonly clients: number;
  readonly seed: number;
  /** Each request goes to one of these at random. */
  readonly urls: readonly string[];
  readonly accessKey: string;
  /** They happen one after the other. */
  readonly disturbances: readonly Disturbance[];
}

/** What the clients of a run have recorded. */
export interface ClientRun {
  readonly entries: readonly Entry[];
  /** Whether all clients got a final response to each request, and everything happened. An incomplete run proves nothing. */
  readonly isComplete: boolean;
}

/** Runs client processes to their end while disturbances happen. */
export async function runClients({
  creates,
  clients,
  seed,
  urls,
  accessKey,
  disturbances,
}: Load): Promise<ClientRun> {
  const ledgers = mkdtempSync(join(tmpdir(), 'incidents-ledgers-'));
  using cleanup = new DisposableStack();
  cleanup.defer(() => rmSync(ledgers, { recursive: true, force: true }));
  const waiting = disturbances.toSorted((a, b) => a.afterReports - b.afterReports);
  let reported = 0;
  let injected: Promise<void> = Promise.resolve();
  const onMessage = (message: ClientMessage) => {
    if (!('acknowledged' in message) || message.acknowledged !== 'reported') return;
    reported++;
    while (waiting[0] && waiting[0].afterReports <= reported) {
      const { inject } = waiting.shift()!;
      injected = injected.then(inject);
      // A failure is thrown below, once all clients have ended.
      injected.catch(() => undefined);
    }
    if (reported % Math.ceil(creates / PROGRESS_LINES) === 0)
      logProgress(`${formatNumber(reported)} of ${formatNumber(creates)} reported`);
  };
  const paths = Array.from({ length: clients }, (_, i) => join(ledgers, `${i}.jsonl`));
  const codes = await Promise.all(
    paths.map(async (ledger, i) => {
      const options: ClientOptions = {
        name: `client-${i}`,
        urls,
        accessKey,
        creates: Math.floor(creates / clients) + (i < creates % clients ? 1 : 0),
        seed: seed + 1_000 * (i + 1),
        ledger,
      };
      const client = fork(CLIENT, [JSON.stringify(options)], {
        execArgv: ['--disable-warning=ExperimentalWarning'],
        signal: interruption,
      });
      client.on('message', (message) => onMessage(message as ClientMessage));
      const [code] = (await once(client, 'exit')) as [number | null];
      return code;
    }),
  );
  await injected;
  const isComplete = codes.every((code) => code === 0) && waiting.length === 0;
  return { entries: paths.flatMap(readLedger), isComplete };
}
