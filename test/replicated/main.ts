/* `make cluster-drill`: see HELP in settings.ts. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { interruption } from '../../bench/interruption.ts';
import { formatNumber, logProgress } from '../../bench/progress.ts';
import { table } from '../abuse/table.ts';
import { CURRENT, migrate } from '../crash/api.ts';
import { aPort } from '../support/ports.ts';
import { Apis, serviceDaemon, type ServiceProcess, untilReady } from './apis.ts';
import { Attempts, isCut, isUnavailable } from './attempts.ts';
import { ChatLoad } from './chat-load.ts';
import { Cluster } from './cluster.ts';
import { ACCESS_KEY, Deployment } from './deployment.ts';
import { awaitCondition } from './faults.ts';
import { consumerReader, type FeedReader, streamReader } from './feed-readers.ts';
import { KafkaLoad, TestBrokers } from './kafka-load.ts';
import { type Result, run, type Scene, seconds } from './round.ts';
import { HELP, readSettings, type Settings } from './settings.ts';

/** Writes may fail for as long as the lease of a primary that died, and this. */
const MAX_FAILOVER_MS = 10_000;
/** How long HAProxy may take to find the api processes. */
const PROXY_TIMEOUT_MS = 30_000;

const PROGRAMS = ['patroni', 'etcd', 'haproxy', 'pgbouncer', 'psql', 'openssl'];

/** The exit codes of the process. */
const EXIT_CODES = { noViolation: 0, violations: 1, failed: 2 } as const;

async function drill(settings: Settings): Promise<number> {
  if (process.getuid!() !== 0)
    throw new Error('the drill starts each program under its own account: run it as root');
  const missing = PROGRAMS.filter((name) => !isInstalled(name));
  if (missing.length > 0) {
    throw new Error(
      `the drill needs ${missing.join(', ')}: apt install patroni python3-etcd etcd-server haproxy pgbouncer postgresql openssl`,
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
  await switchOffReminders(deployment);
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
  const daemon = serviceDaemon(
    `main.${name}`,
    {
      NODE_ENV: 'production',
      X_ACCESS_KEY: ACCESS_KEY,
      BOT_PORT: port,
      WORKER_PORT: port,
      SHUTDOWN_DELAY: '0',
      ...environment,
    },
    join(deployment.directory, `${name}.log`),
  );
  return { daemon, probeUrl: `http://127.0.0.1:${port}` };
}

/** Reminders are events that no client has caused. Resolves once HAProxy has found a process that is ready. */
async function switchOffReminders({ url }: Deployment): Promise<void> {
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
  await awaitCondition(isStored, PROXY_TIMEOUT_MS, () => last);
}

function isInstalled(program: string): boolean {
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin'];
  return directories.some((directory) => existsSync(join(directory, program)));
}

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
