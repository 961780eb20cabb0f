/* `make crash-test`: see HELP in settings.ts. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interruption } from '../../bench/interruption.ts';
import { formatNumber, logProgress } from '../../bench/progress.ts';
import { KilledApi, migrate } from './api.ts';
import type { ClientOptions } from './client.ts';
import { readLedger } from './ledger.ts';
import { CrashingPostgres } from './postgres.ts';
import { Random } from './random.ts';
import { HELP, readSettings, type Settings } from './settings.ts';
import { compare } from './verdict.ts';

const ACCESS_KEY = 'a-key-for-the-crash-test';
const CLIENT = fileURLToPath(new URL('client.ts', import.meta.url));
/** The longest time that PostgreSQL stays down. */
const MAX_DOWNTIME_MS = 1_500;
/** The number of progress lines. */
const PROGRESS_LINES = 10;

interface Fault {
  /** The number of reports after which it is injected. */
  readonly afterReports: number;
  readonly inject: () => Promise<void>;
}

/** The faults of a run, in the order in which they are injected. */
function plannedFaults(settings: Settings, apis: readonly KilledApi[], postgres: CrashingPostgres): Fault[] {
  const random = new Random(settings.seed);
  const someReport = () => 1 + random.below(Math.max(Math.floor(settings.creates * 0.95), 1));
  const kills = Array.from({ length: settings.kills }, () => {
    const api = apis[random.below(apis.length)]!;
    return { afterReports: someReport(), inject: () => api.kill() };
  });
  const restarts = Array.from({ length: settings.restarts }, () => {
    const downtimeMs = random.below(MAX_DOWNTIME_MS);
    return { afterReports: someReport(), inject: () => postgres.crash(downtimeMs) };
  });
  return [...kills, ...restarts].toSorted((a, b) => a.afterReports - b.afterReports);
}

/** The exit codes of the process. */
const EXIT_CODES = { noDifference: 0, differences: 1, failed: 2 } as const;

async function crashTest(settings: Settings): Promise<number> {
  const { creates, clients, seed } = settings;
  logProgress(
    `seed ${seed}: ${formatNumber(creates)} reports by ${clients} clients, ${settings.kills} kills, ${settings.restarts} restarts`,
  );
  const ledgers = mkdtempSync(join(tmpdir(), 'incidents-ledgers-'));
  using cleanup = new DisposableStack();
  cleanup.defer(() => rmSync(ledgers, { recursive: true, force: true }));
  await using postgres = await CrashingPostgres.start(settings.unsafe);
  migrate(postgres.url);
  if (settings.unsafe) await postgres.makeUnsafe();
  // Without durability, the run should lose reports, but not the tables.
  await postgres.checkpoint();
  await using first = await KilledApi.start(postgres.url, ACCESS_KEY);
  await using second = await KilledApi.start(postgres.url, ACCESS_KEY);
  const apis = [first, second];

  const faults = plannedFaults(settings, apis, postgres);
  let reported = 0;
  let injected: Promise<void> = Promise.resolve();
  const onAcknowledged = (kind: unknown) => {
    if (kind !== 'reported') return;
    reported++;
    while (faults[0] && faults[0].afterReports <= reported) {
      const { inject } = faults.shift()!;
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
        urls: apis.map(({ url }) => url),
        accessKey: ACCESS_KEY,
        creates: Math.floor(creates / clients) + (i < creates % clients ? 1 : 0),
        seed: seed + 1_000 * (i + 1),
        ledger,
      };
      const client = fork(CLIENT, [JSON.stringify(options)], {
        execArgv: ['--disable-warning=ExperimentalWarning'],
        signal: interruption,
      });
      client.on('message', onAcknowledged);
      const [code] = (await once(client, 'exit')) as [number | null];
      return code;
    }),
  );
  await injected;

  const database = await postgres.connect();
  const entries = paths.flatMap(readLedger);
  const verdict = await compare(entries, database);
  await database.end();
  for (const example of verdict.examples) logProgress(`  ${example}`);
  const { lost, duplicated, altered, miscounted, unexpected } = verdict;
  const failures = codes.filter((code) => code !== 0).length;
  logProgress(
    `seed ${seed}: ${formatNumber(entries.length)} requests acknowledged; ${lost} lost, ${duplicated} duplicated, ${altered} altered, ` +
      `${miscounted} miscounted, ${unexpected} unexpected, ${failures} clients failed`,
  );
  if (lost + duplicated + altered + miscounted + unexpected > 0) return EXIT_CODES.differences;
  // An incomplete run proves nothing.
  return failures === 0 && faults.length === 0 ? EXIT_CODES.noDifference : EXIT_CODES.failed;
}

if (process.argv.includes('--help')) console.log(HELP);
else {
  try {
    process.exitCode = await crashTest(readSettings(process.env));
  } catch (error) {
    // All processes have been stopped by now.
    logProgress(error instanceof Error && !interruption.aborted ? error.message : 'interrupted');
    process.exitCode = EXIT_CODES.failed;
  }
}
