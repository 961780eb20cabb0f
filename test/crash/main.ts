/* `make crash-test`: see HELP in settings.ts. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interruption } from '../../bench/interruption.ts';
import { readable, say } from '../../bench/progress.ts';
import { KilledApi, migrate } from './api.ts';
import type { Orders } from './client.ts';
import { readLedger } from './ledger.ts';
import { CrashingPostgres } from './postgres.ts';
import { Random } from './random.ts';
import { HELP, readSettings, type Settings } from './settings.ts';
import { compare } from './verdict.ts';

const ACCESS_KEY = 'a-key-for-the-drill';
const CLIENT = fileURLToPath(new URL('client.ts', import.meta.url));
/** How long PostgreSQL stays away at most, in milliseconds. */
const MAX_PAUSE = 1_500;
/** A line of progress each time that so many more parts are reported. */
const PARTS = 10;

interface Blow {
  /** After how many reports it comes. */
  readonly after: number;
  readonly strike: () => Promise<void>;
}

/** The blows of a drill, in the order in which they come. */
function blows(settings: Settings, apis: readonly KilledApi[], postgres: CrashingPostgres): Blow[] {
  const random = new Random(settings.seed);
  const moment = () => 1 + random.below(Math.max(Math.floor(settings.creates * 0.95), 1));
  const kills = Array.from({ length: settings.kills }, () => {
    const api = apis[random.below(apis.length)]!;
    return { after: moment(), strike: () => api.kill() };
  });
  const restarts = Array.from({ length: settings.restarts }, () => {
    const pause = random.below(MAX_PAUSE);
    return { after: moment(), strike: () => postgres.crash(pause) };
  });
  return [...kills, ...restarts].toSorted((a, b) => a.after - b.after);
}

/** How a drill has gone, as the code that the process ends with. */
const ENDS = { asPromised: 0, different: 1, failed: 2 } as const;

async function drill(settings: Settings): Promise<number> {
  const { creates, clients, seed } = settings;
  say(
    `seed ${seed}: ${readable(creates)} reports by ${clients} clients, ${settings.kills} kills, ${settings.restarts} restarts`,
  );
  const ledgers = mkdtempSync(join(tmpdir(), 'incidents-ledgers-'));
  using cleanup = new DisposableStack();
  cleanup.defer(() => rmSync(ledgers, { recursive: true, force: true }));
  await using postgres = await CrashingPostgres.start(settings.unsafe);
  migrate(postgres.url);
  if (settings.unsafe) await postgres.makeUnsafe();
  // Without durability too, the reports are to be lost, not the tables.
  await postgres.settle();
  await using first = await KilledApi.start(postgres.url, ACCESS_KEY);
  await using second = await KilledApi.start(postgres.url, ACCESS_KEY);
  const apis = [first, second];

  const coming = blows(settings, apis, postgres);
  let reported = 0;
  let struck: Promise<void> = Promise.resolve();
  const hear = (kind: unknown) => {
    if (kind !== 'reported') return;
    reported++;
    while (coming[0] && coming[0].after <= reported) {
      const { strike } = coming.shift()!;
      struck = struck.then(strike);
      // It is told when all clients have ended: nobody waits for it before.
      struck.catch(() => undefined);
    }
    if (reported % Math.ceil(creates / PARTS) === 0)
      say(`${readable(reported)} of ${readable(creates)} reported`);
  };
  const paths = Array.from({ length: clients }, (_, i) => join(ledgers, `${i}.jsonl`));
  const codes = await Promise.all(
    paths.map(async (ledger, i) => {
      const orders: Orders = {
        name: `client-${i}`,
        urls: apis.map(({ url }) => url),
        accessKey: ACCESS_KEY,
        creates: Math.floor(creates / clients) + (i < creates % clients ? 1 : 0),
        seed: seed + 1_000 * (i + 1),
        ledger,
      };
      const client = fork(CLIENT, [JSON.stringify(orders)], {
        execArgv: ['--disable-warning=ExperimentalWarning'],
        signal: interruption,
      });
      client.on('message', hear);
      const [code] = (await once(client, 'exit')) as [number | null];
      return code;
    }),
  );
  await struck;

  const database = await postgres.connect();
  const entries = paths.flatMap(readLedger);
  const verdict = await compare(entries, database);
  await database.end();
  for (const example of verdict.examples) say(`  ${example}`);
  const { lost, doubled, altered, miscounted, unexpected } = verdict;
  const failures = codes.filter((code) => code !== 0).length;
  say(
    `seed ${seed}: ${readable(entries.length)} answers acknowledged; ${lost} lost, ${doubled} doubled, ${altered} altered, ` +
      `${miscounted} miscounted, ${unexpected} unexpected, ${failures} clients failed`,
  );
  if (lost + doubled + altered + miscounted + unexpected > 0) return ENDS.different;
  // Of a drill that was not carried out to its end, the rest of it says nothing.
  return failures === 0 && coming.length === 0 ? ENDS.asPromised : ENDS.failed;
}

if (process.argv.includes('--help')) console.log(HELP);
else {
  try {
    process.exitCode = await drill(readSettings(process.env));
  } catch (error) {
    // What was started is stopped by now.
    say(error instanceof Error && !interruption.aborted ? error.message : 'interrupted');
    process.exitCode = ENDS.failed;
  }
}
