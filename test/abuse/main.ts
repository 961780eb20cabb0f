/* `make abuse`: see HELP in settings.ts. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { interruption } from '../../bench/interruption.ts';
import { formatNumber } from '../../bench/progress.ts';
import type { AttackCounts } from './attacker/attack-counts.ts';
import type { AttackerOptions } from './attacker/main.ts';
import type { Attack } from './attacks.ts';
import { AttackedDatabase } from './database.ts';
import { AttackedService } from './service.ts';
import { HELP, readSettings, type Settings } from './settings.ts';
import { table } from './table.ts';
import type { Report, VictimOptions } from './victim.ts';

const TARGETS = { failed: 0, p99Ms: 250, rssBytes: 400e6, liveMs: 1_000 } as const;
/** The victim starts this long before the attack, and ends this long after it. */
const MARGIN_MS = 1_000;
const ATTACKER_NICENESS = 10;
const VICTIM_KEY = 'a-key-for-the-victim';

/** The exit codes of the process. */
const EXIT_CODES = { targetsMet: 0, targetsMissed: 1, failed: 2 } as const;

interface Result {
  readonly attack: Attack;
  readonly counts: AttackCounts;
  readonly victim: Report;
  readonly peakRssBytes: number;
  readonly worstLiveMs: number;
  /** The targets that were missed. */
  readonly missed: readonly string[];
}

const startedAt = performance.now();
function log(line: string): void {
  process.stderr.write(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(5)} s  ${line}\n`);
}

function start(program: string, options: object): ChildProcess {
  return fork(fileURLToPath(new URL(program, import.meta.url)), [JSON.stringify(options)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    signal: interruption,
  });
}

/** The message that a process sends before it ends. @throws if it ends without one. */
async function reportOf<Message>(child: ChildProcess): Promise<Message> {
  let report: Message | undefined;
  child.on('message', (message) => (report = message as Message));
  await once(child, 'exit');
  if (report === undefined) throw new Error(`${child.spawnargs.at(-2)} ended without a report`);
  return report;
}

/** Creates a key of the role operator, different from the victim's. */
async function attackerKey(url: string, name: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/keys`, {
    method: 'POST',
    headers: { 'X-Access-Key': VICTIM_KEY, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, role: 'operator' }),
  });
  const { secret } = (await response.json()) as { secret?: string };
  if (secret === undefined) throw new Error(`No key for the attacker: status ${response.status}`);
  return secret;
}

async function runAttack(
  attack: Attack,
  { seconds, rows, latencyFactor }: Settings,
  database: AttackedDatabase,
): Promise<Result> {
  if (attack.needs) {
    log(`${attack.name}: inserting ${formatNumber(rows)} ${attack.needs}`);
    await database.fill(attack.needs, rows);
  }
  await using service = await AttackedService.start(database.url, VICTIM_KEY);
  const { url } = service;
  const accessKey = await attackerKey(url, `${attack.name}-${Date.now()}`);
  log(`${attack.name}: for ${seconds} s`);
  const victimOptions: VictimOptions = {
    url,
    accessKey: VICTIM_KEY,
    seconds: seconds + (2 * MARGIN_MS) / 1_000,
    list: attack.list ?? '?limit=20',
  };
  const victim = reportOf<Report>(start('victim.ts', victimOptions));
  await sleep(MARGIN_MS);
  const attackerOptions: AttackerOptions = { attack: attack.name, url, accessKey, seconds };
  const attacker = start('attacker/main.ts', attackerOptions);
  setPriority(attacker.pid!, ATTACKER_NICENESS);
  const [report, counts] = await Promise.all([victim, reportOf<AttackCounts>(attacker)]);

  const { peakRssBytes, worstLiveMs, logBytes } = service;
  const { creates, lists } = report;
  const further = await attack.check?.({ seconds, logBytes, counts, database: database.client });
  const missed = [
    service.hasEnded && 'the service ended',
    creates.failed > TARGETS.failed && `creates failed (${creates.failure})`,
    lists.failed > TARGETS.failed && `lists failed (${lists.failure})`,
    creates.p99 > TARGETS.p99Ms * latencyFactor && 'slow creates',
    lists.p99 > TARGETS.p99Ms * latencyFactor && 'slow lists',
    peakRssBytes > TARGETS.rssBytes && 'memory',
    worstLiveMs > TARGETS.liveMs * latencyFactor && 'liveness',
    further,
  ].filter((reason) => typeof reason === 'string');
  log(`${attack.name}: ${missed.join(', ') || 'ok'}`);
  return { attack, counts, victim: report, peakRssBytes, worstLiveMs, missed };
}

const HEADINGS = [
  'attack',
  'attack requests',
  'creates',
  'failed creates',
  'create p50 ms',
  'create p99 ms',
  'failed lists',
  'list p99 ms',
  'peak RSS MB',
  'max liveness ms',
  'result',
];

function rowOf({
  attack,
  counts,
  victim: { creates, lists },
  peakRssBytes,
  worstLiveMs,
  missed,
}: Result): string[] {
  return [
    attack.name,
    formatNumber(counts.sent),
    formatNumber(creates.sent),
    formatNumber(creates.failed),
    creates.p50.toFixed(0),
    creates.p99.toFixed(0),
    formatNumber(lists.failed),
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
    results.push(await runAttack(attack, settings, database));
  }
  console.log(table([HEADINGS, ...results.map(rowOf)]));
  return results.every(({ missed }) => missed.length === 0)
    ? EXIT_CODES.targetsMet
    : EXIT_CODES.targetsMissed;
}

if (process.argv.includes('--help')) console.log(HELP);
else {
  try {
    process.exitCode = await abuse(readSettings(process.env));
  } catch (error) {
    log(error instanceof Error && !interruption.aborted ? (error.stack ?? error.message) : 'interrupted');
    process.exitCode = EXIT_CODES.failed;
  }
}
