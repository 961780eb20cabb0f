/* `make abuse`: see HELP in settings.ts. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { interruption } from '../../bench/interruption.ts';
import { readable } from '../../bench/progress.ts';
import type { Orders as AttackerOrders } from './attacker/main.ts';
import type { Tally } from './attacker/tally.ts';
import type { Attack } from './attacks.ts';
import { AttackedDatabase } from './database.ts';
import { AttackedService } from './service.ts';
import { HELP, readSettings, type Settings } from './settings.ts';
import { table } from './table.ts';
import type { Orders as VictimOrders, Report } from './victim.ts';

const TARGETS = { failed: 0, p99Ms: 250, rssBytes: 400e6, liveMs: 1_000 } as const;
/** The victim is at work before the attack begins, and after its end. */
const MARGIN_MS = 1_000;
const ATTACKER_NICENESS = 10;
const VICTIM_KEY = 'a-key-for-the-victim';

/** How a run has gone, as the code that the process ends with. */
const ENDS = { targetsMet: 0, targetsMissed: 1, failed: 2 } as const;

interface Result {
  readonly attack: Attack;
  readonly tally: Tally;
  readonly victim: Report;
  readonly peakRssBytes: number;
  readonly worstLiveMs: number;
  /** What targets were missed. */
  readonly missed: readonly string[];
}

const began = performance.now();
function say(line: string): void {
  process.stderr.write(`${((performance.now() - began) / 1_000).toFixed(0).padStart(5)} s  ${line}\n`);
}

function start(program: string, orders: object): ChildProcess {
  return fork(fileURLToPath(new URL(program, import.meta.url)), [JSON.stringify(orders)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    signal: interruption,
  });
}

/** What a process tells before it ends. @throws where it ends without. */
async function reportOf<Told>(child: ChildProcess): Promise<Told> {
  let told: Told | undefined;
  child.on('message', (message) => (told = message as Told));
  await once(child, 'exit');
  if (told === undefined) throw new Error(`${child.spawnargs.at(-2)} ended without a report`);
  return told;
}

/** A key that may do no more than an operator; another one than the victim's. */
async function attackerKey(url: string, name: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/keys`, {
    method: 'POST',
    headers: { 'X-Access-Key': VICTIM_KEY, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, role: 'operator' }),
  });
  const { secret } = (await response.json()) as { secret?: string };
  if (secret === undefined) throw new Error(`There is no key for the attacker: status ${response.status}`);
  return secret;
}

async function carryOut(
  attack: Attack,
  { seconds, rows, latencyFactor }: Settings,
  database: AttackedDatabase,
): Promise<Result> {
  if (attack.needs) {
    say(`${attack.name}: ${readable(rows)} ${attack.needs} are made`);
    await database.fill(attack.needs, rows);
  }
  await using service = await AttackedService.start(database.url, VICTIM_KEY);
  const { url } = service;
  const accessKey = await attackerKey(url, `${attack.name}-${Date.now()}`);
  say(`${attack.name}: for ${seconds} s`);
  const victimOrders: VictimOrders = {
    url,
    accessKey: VICTIM_KEY,
    seconds: seconds + (2 * MARGIN_MS) / 1_000,
    list: attack.list ?? '?limit=20',
  };
  const victim = reportOf<Report>(start('victim.ts', victimOrders));
  await sleep(MARGIN_MS);
  const attackerOrders: AttackerOrders = { attack: attack.name, url, accessKey, seconds };
  const attacker = start('attacker/main.ts', attackerOrders);
  setPriority(attacker.pid!, ATTACKER_NICENESS);
  const [report, tally] = await Promise.all([victim, reportOf<Tally>(attacker)]);

  const { peakRssBytes, worstLiveMs, logBytes } = service;
  const { creates, lists } = report;
  const further = await attack.check?.({ seconds, logBytes, tally, database: database.client });
  const missed = [
    service.hasEnded && 'the service ended',
    creates.failed > TARGETS.failed && `creates failed (${creates.failure})`,
    lists.failed > TARGETS.failed && `lists failed (${lists.failure})`,
    creates.p99 > TARGETS.p99Ms * latencyFactor && 'creates late',
    lists.p99 > TARGETS.p99Ms * latencyFactor && 'lists late',
    peakRssBytes > TARGETS.rssBytes && 'memory',
    worstLiveMs > TARGETS.liveMs * latencyFactor && 'liveness',
    further,
  ].filter((reason) => typeof reason === 'string');
  say(`${attack.name}: ${missed.join(', ') || 'ok'}`);
  return { attack, tally, victim: report, peakRssBytes, worstLiveMs, missed };
}

const HEAD = [
  'attack',
  'attacker sent',
  'victim sent',
  'failed',
  'p50 ms',
  'p99 ms',
  'lists failed',
  'p99 ms',
  'RSS MB',
  'live ms',
  'verdict',
];

function rowOf({
  attack,
  tally,
  victim: { creates, lists },
  peakRssBytes,
  worstLiveMs,
  missed,
}: Result): string[] {
  return [
    attack.name,
    readable(tally.sent),
    readable(creates.sent),
    readable(creates.failed),
    creates.p50.toFixed(0),
    creates.p99.toFixed(0),
    readable(lists.failed),
    lists.p99.toFixed(0),
    (peakRssBytes / 1e6).toFixed(0),
    worstLiveMs.toFixed(0),
    missed.join(', ') || 'ok',
  ];
}

async function abuse(settings: Settings): Promise<number> {
  await using database = await AttackedDatabase.open(settings.databaseUrl);
  const results: Result[] = [];
  for (const attack of settings.attacks) {
    interruption.throwIfAborted();
    results.push(await carryOut(attack, settings, database));
  }
  console.log(table([HEAD, ...results.map(rowOf)]));
  return results.every(({ missed }) => missed.length === 0) ? ENDS.targetsMet : ENDS.targetsMissed;
}

if (process.argv.includes('--help')) console.log(HELP);
else {
  try {
    process.exitCode = await abuse(readSettings(process.env));
  } catch (error) {
    say(error instanceof Error && !interruption.aborted ? (error.stack ?? error.message) : 'interrupted');
    process.exitCode = ENDS.failed;
  }
}
