/* `make cluster-drill`: see HELP in settings.ts. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { Client } from 'pg';
import { interruption } from '../../bench/interruption.ts';
import { formatNumber, logProgress } from '../../bench/progress.ts';
import { table } from '../abuse/table.ts';
import { CURRENT, migrate } from '../crash/api.ts';
import { type Entry, readLedger } from '../crash/ledger.ts';
import { compare } from '../crash/verdict.ts';
import { feedOrder } from '../support/feed.ts';
import { pause } from '../support/pause.ts';
import { aPort } from '../support/ports.ts';
import { Apis, programArguments, type ServiceProcess, untilReady } from './apis.ts';
import { Attempts, isCut, isUnavailable } from './attempts.ts';
import { ChatLoad } from './chat-load.ts';
import { Clients } from './clients.ts';
import { Cluster } from './cluster.ts';
import { Daemon } from './daemon.ts';
import { ACCESS_KEY, Deployment } from './deployment.ts';
import { awaitCondition, type Drill } from './faults.ts';
import { consumerReader, type FeedReader, streamReader } from './feed-readers.ts';
import { KafkaLoad, TestBrokers } from './kafka-load.ts';
import { HELP, readSettings, type Round, type Settings } from './settings.ts';

/** Writes may fail for as long as the lease of a primary that died, and this. */
const MAX_FAILOVER_MS = 10_000;
/** How long writes may take to succeed again before the drill gives up. */
const RECOVERY_TIMEOUT_MS = 120_000;
/** How long the bot, the worker and the readers may take to catch up after a round. */
const CATCH_UP_TIMEOUT_MS = 60_000;
const MAX_EXAMPLES = 10;

const PROGRAMS = ['patroni', 'etcd', 'haproxy', 'pgbouncer', 'psql', 'openssl'];

/** The exit codes of the process. */
const EXIT_CODES = { noViolation: 0, violations: 1, failed: 2 } as const;

/** The result of a round. */
interface Result {
  readonly name: string;
  readonly outageMs: number;
  readonly attempts: Attempts;
  readonly lost: number;
  readonly duplicated: number;
  /** All violations, losses included, for people. */
  readonly violations: readonly string[];
}

/** What runs during all rounds. */
interface Scene extends Omit<Drill, 'untilWritten'> {
  readonly settings: Settings;
  readonly deployment: Deployment;
  readonly certificate: string;
  readonly maxOutageMs: number;
  readonly chat: ChatLoad;
  readonly kafka: KafkaLoad | undefined;
  readonly readers: readonly FeedReader[];
  /** The requests of the present round. */
  attempts: Attempts;
  /** What all clients have recorded so far. */
  readonly ledgers: string[];
  /** The differences that earlier rounds have found. */
  found: { lost: number; duplicated: number; other: number };
}

/** Runs one round: load, the fault, load; then compares. */
async function run({ name, fault, route }: Round, scene: Scene): Promise<Result> {
  const { settings, deployment, apis, chat, kafka } = scene;
  if (apis.route !== route) {
    logProgress(`${name}: restarts the api processes with the route ${route}`);
    await apis.restart(route);
  }
  await scene.cluster.untilHealthy();
  const attempts = new Attempts();
  scene.attempts = attempts;
  const prefix = `${name.replace('@', '-')}-${scene.ledgers.length}`;
  await using clients = new Clients(
    prefix,
    settings.clients,
    settings.seed + scene.ledgers.length,
    deployment,
    scene.certificate,
    (attempt) => attempts.add(attempt, true),
  );
  scene.ledgers.push(...clients.ledgers);
  const stopping = new AbortController();
  using _stopped = { [Symbol.dispose]: () => stopping.abort() };
  const messages = Promise.all([chat.write(prefix, stopping.signal), kafka?.write(prefix, stopping.signal)]);
  // A failure is thrown below, after the fault.
  messages.catch(() => undefined);

  await awaitCondition(() => attempts.acknowledged > 0, RECOVERY_TIMEOUT_MS);
  await pause(settings.seconds * 1_000, 'clients report before the fault');
  const injectedAt = Date.now();
  const untilWritten = async () => {
    const before = attempts.acknowledged;
    await awaitCondition(() => attempts.acknowledged > before, RECOVERY_TIMEOUT_MS);
  };
  logProgress(`${name}: ${fault.summary}`);
  await fault.inject({ ...scene, untilWritten });
  await untilWritten();
  await pause(settings.seconds * 1_000, 'clients report after the fault');
  const outageMs = attempts.longestOutageMs(injectedAt, Date.now());
  stopping.abort();
  await Promise.all([messages, clients.stop()]);

  const database = await scene.cluster.connect();
  try {
    const differences = await compareAll(scene, database);
    const { lost, duplicated, other } = scene.found;
    scene.found = differences;
    const late = outageMs > scene.maxOutageMs ? [`writes failed for ${seconds(outageMs)} s`] : [];
    const violations = [...attempts.violations(fault.breaksConnections ?? false), ...late];
    if (differences.lost + differences.duplicated + differences.other > lost + duplicated + other) {
      violations.push(...differences.examples);
    }
    const result = {
      name,
      outageMs,
      attempts,
      lost: differences.lost - lost,
      duplicated: differences.duplicated - duplicated,
      violations,
    };
    logProgress(
      `${name}: writes failed for ${seconds(outageMs)} s; ${formatNumber(attempts.acknowledged)} acknowledged, ${result.lost} lost, ` +
        `${result.duplicated} duplicated, ${violations.length} violations`,
    );
    for (const example of violations.slice(0, MAX_EXAMPLES)) logProgress(`  ${example}`);
    return result;
  } finally {
    await database.end();
  }
}

/** Compares everything that was acknowledged so far with the database, once all channels and readers have caught up. */
async function compareAll(scene: Scene, database: Client) {
  const { chat, kafka, readers } = scene;
  const query = async <Row extends object>(text: string) => (await database.query<Row>(text)).rows;
  const problems: string[] = [];
  const caughtUp = async (what: string, condition: () => boolean | Promise<boolean>, state: () => string) => {
    await awaitCondition(condition, CATCH_UP_TIMEOUT_MS).catch((error: unknown) => {
      if (interruption.aborted) throw error;
      problems.push(`${what} within ${CATCH_UP_TIMEOUT_MS / 1_000} s: ${state()}`);
    });
  };
  await caughtUp(
    'the bot did not answer all messages',
    () => chat.unanswered.length === 0,
    () => `${JSON.stringify(chat.unanswered.slice(0, 3))}, ${chat.recentReplies}`,
  );
  if (kafka) {
    await caughtUp(
      'the worker did not store all messages',
      async () => (await kafka.lag()) === 0,
      () => '',
    );
  }
  const expected = await query<{ id: string }>(`SELECT incident_id || '-' || seq AS id FROM incident_events`);
  await caughtUp(
    'readers of the feed did not receive all events',
    () => readers.every(({ received }) => received.order.length >= expected.length),
    () => `${readers.map(({ received }) => received.order.length).join(', ')} of ${expected.length}`,
  );
  const order = (await feedOrder({ query })).join();
  for (const { received } of readers) {
    problems.push(...received.violations);
    if (received.order.join() !== order)
      problems.push('a reader has other events, or another order, than the feed');
  }
  if (kafka) problems.push(...(await unpublished(kafka, expected)));
  const entries = [
    ...scene.ledgers.filter(existsSync).flatMap(readLedger),
    ...(await messageEntries(scene, database)),
  ];
  const { lost, duplicated, altered, miscounted, unexpected, examples } = await compare(entries, database);
  return {
    lost,
    duplicated,
    other: altered + miscounted + unexpected + problems.length,
    examples: [...problems, ...examples],
  };
}

/** The reports of the chat and of Kafka, as entries of a ledger. */
async function messageEntries({ chat, kafka }: Scene, database: Client): Promise<Entry[]> {
  const { rows } = await database.query<{ id: number; text: string }>(
    `SELECT id::float8, description AS text FROM incidents WHERE description ~ '-(chat|kafka)-[0-9]+ '`,
  );
  const ids = new Map(rows.map(({ id, text }) => [text, id]));
  const reported = (text: string, source: string, n: number): Entry => ({
    kind: 'reported',
    // An id that no incident has: the report is lost.
    id: ids.get(text) ?? -n,
    text,
    source,
  });
  const messages = chat.messages.map(({ text }, n) => reported(text, 'operator', n + 1));
  const acknowledged = kafka?.acknowledged ?? [];
  const unanswered = kafka?.unanswered ?? [];
  return [
    ...messages,
    ...acknowledged.map((text, n) => reported(text, 'monitoring', messages.length + n + 1)),
    ...unanswered.map((text): Entry => ({ kind: 'unanswered', text })),
  ];
}

/** Events that the worker has not published, and incidents whose events it has published in another order. */
async function unpublished(kafka: KafkaLoad, expected: readonly { id: string }[]): Promise<string[]> {
  let published: readonly string[] = [];
  const isComplete = async () => {
    published = await kafka.publishedEvents();
    return published.length >= expected.length;
  };
  await awaitCondition(isComplete, CATCH_UP_TIMEOUT_MS).catch(() => undefined);
  const found = new Set(published);
  const missing = expected.filter(({ id }) => !found.has(id)).map(({ id }) => `event ${id} is not in Kafka`);
  const last = new Map<string, number>();
  const disordered = published.flatMap((id) => {
    const [incident, seq] = id.split('-') as [string, string];
    const isBehind = Number(seq) < (last.get(incident) ?? 0);
    last.set(incident, Number(seq));
    return isBehind ? [`event ${id} is in Kafka after a later one`] : [];
  });
  return [...missing, ...disordered];
}

async function drill(settings: Settings): Promise<number> {
  if (process.getuid!() !== 0)
    throw new Error('the drill starts each program under its own account: run it as root');
  const missing = PROGRAMS.filter((name) => !isInstalled(name));
  if (missing.length > 0) {
    throw new Error(
      `the drill needs ${missing.join(', ')}: apt install patroni etcd-server haproxy pgbouncer postgresql openssl`,
    );
  }
  const { rounds, seed, clients, isUnsafe } = settings;
  logProgress(
    `seed ${seed}: ${rounds.map(({ name }) => name).join(', ')}; ${clients} clients${isUnsafe ? '; UNSAFE' : ''}`,
  );
  await using cleanup = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), 'incidents-cluster-'));
  chmodSync(directory, 0o755);
  cleanup.defer(() => {
    if (process.env['KEEP'] === '1') logProgress(`logs and data are in ${directory}`);
    else rmSync(directory, { recursive: true, force: true });
  });

  const deployment = await Deployment.create(directory);
  const hasKafka = rounds.some(({ fault }) => fault.needsKafka) || !settings.isShort;
  logProgress(`starts three databases, the proxy${hasKafka ? ' and three Kafka brokers' : ''}`);
  const startingBrokers = hasKafka ? TestBrokers.start() : undefined;
  // A failure is thrown below, and brokers that have started are stopped even if the databases do not start.
  cleanup.defer(async () => (await startingBrokers?.catch(() => undefined))?.[Symbol.asyncDispose]());
  const cluster = cleanup.use(await Cluster.start(deployment, !isUnsafe));
  const brokers = await startingBrokers;
  const certificate = join(directory, 'tls.crt');
  setDefaultCACertificates([...getCACertificates(), readFileSync(certificate, 'utf8')]);
  await migrate(cluster.databaseUrl('servers'), CURRENT, cluster.databaseUrl('servers', 'incidents'));

  logProgress(`starts three api processes, the bot${brokers ? ' and the worker' : ''}`);
  const chat = cleanup.use(await ChatLoad.start());
  const bot = await serviceProcess(deployment, 'bot', {
    ...chat.environment,
    API_URL: deployment.url,
    API_KEY: ACCESS_KEY,
    NODE_EXTRA_CA_CERTS: certificate,
  });
  const worker =
    brokers &&
    (await serviceProcess(deployment, 'worker', {
      DATABASE_URL: cluster.databaseUrl('proxy'),
      KAFKA_BROKERS: brokers.addresses,
    }));
  const others = [bot, ...(worker ? [worker] : [])];
  for (const { daemon } of others) cleanup.use(daemon);
  worker?.daemon.start();
  if (worker) await untilReady(worker);
  const kafka = brokers && cleanup.use(new KafkaLoad(brokers.addresses));
  for (const name of ['app2', 'app3'] as const) deployment.render(name);
  const apis = cleanup.use(await Apis.start(cluster, deployment, others));
  await silenceReminders(deployment);
  bot.daemon.start();
  await untilReady(bot);

  const readers: FeedReader[] = [];
  const scene: Scene = {
    settings,
    deployment,
    certificate,
    cluster,
    apis,
    brokers,
    chat,
    kafka,
    maxOutageMs: (await cluster.leaseSeconds()) * 1_000 + MAX_FAILOVER_MS,
    readers,
    attempts: new Attempts(),
    ledgers: [],
    found: { lost: 0, duplicated: 0, other: 0 },
  };
  const ending = new AbortController();
  const options = {
    url: deployment.url,
    accessKey: ACCESS_KEY,
    signal: ending.signal,
    onAttempt: (attempt: Attempts['all'][number]) => scene.attempts.add(attempt, false),
  };
  readers.push(streamReader(options), consumerReader(options));
  cleanup.defer(async () => {
    ending.abort();
    await Promise.all(readers.map(({ ended }) => ended));
  });

  const results: Result[] = [];
  for (const round of rounds) results.push(await run(round, scene));
  console.log(`\n${tableOf(results)}\n`);
  const violations = results.reduce((sum, result) => sum + result.violations.length, 0);
  logProgress(
    `seed ${seed}: ${violations} violations; writes may fail for ${scene.maxOutageMs / 1_000} s; the readers of the feed received ` +
      readers
        .map(
          ({ received: { order, restarts } }) =>
            `${formatNumber(order.length)} events with ${restarts} restarts`,
        )
        .join(', '),
  );
  return violations === 0 ? EXIT_CODES.noViolation : EXIT_CODES.violations;
}

/** A process of the service that is not an api process. */
async function serviceProcess(
  deployment: Deployment,
  name: 'bot' | 'worker',
  environment: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const port = String(await aPort());
  const daemon = new Daemon({
    command: process.execPath,
    args: programArguments(`main.${name}`),
    environment: {
      NODE_ENV: 'production',
      X_ACCESS_KEY: ACCESS_KEY,
      BOT_PORT: port,
      WORKER_PORT: port,
      SHUTDOWN_DELAY: '0',
      ...environment,
    },
    log: join(deployment.directory, `${name}.log`),
  });
  return { daemon, probeUrl: `http://127.0.0.1:${port}` };
}

/** Reminders are events that no client has caused. Resolves once HAProxy has found a process that is ready. */
async function silenceReminders({ url }: Deployment): Promise<void> {
  let last = '';
  const isStored = async () => {
    const response = await fetch(`${url}/api/v1/policies/operator`, {
      method: 'PUT',
      headers: { 'X-Access-Key': ACCESS_KEY, 'Content-Type': 'application/json' },
      body: JSON.stringify({ take_within: '9999h' }),
    });
    last = await response.text();
    return response.ok;
  };
  await awaitCondition(isStored, CATCH_UP_TIMEOUT_MS, () => last);
}

function isInstalled(program: string): boolean {
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin'];
  return directories.some((directory) => existsSync(join(directory, program)));
}

const seconds = (ms: number) => (ms / 1_000).toFixed(1);

function tableOf(results: readonly Result[]): string {
  const rows = results.map(({ name, outageMs, attempts, lost, duplicated, violations }) => [
    name,
    seconds(outageMs),
    formatNumber(attempts.all.length),
    formatNumber(attempts.acknowledged),
    formatNumber(attempts.count(isUnavailable)),
    formatNumber(attempts.count(isCut)),
    String(lost),
    String(duplicated),
    String(violations.length),
  ]);
  const headings = [
    'fault',
    'outage, s',
    'requests',
    'acknowledged',
    '503',
    'cut',
    'lost',
    'duplicated',
    'violations',
  ];
  return table([headings, ...rows]);
}

if (process.argv.includes('--help')) console.log(HELP);
else {
  try {
    process.exitCode = await drill(readSettings(process.env));
  } catch (error) {
    // All processes have been stopped by now.
    logProgress(error instanceof Error && !interruption.aborted ? error.message : 'interrupted');
    process.exitCode = EXIT_CODES.failed;
  }
}
