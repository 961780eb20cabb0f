import cluster, { type Address, type Worker } from 'node:cluster';
import { once } from 'node:events';
import { Logger } from '@nestjs/common';
import { answerMetricsRequests } from '../infrastructure/prometheus/cluster-metrics-exporter.js';
import { urlOf as databaseUrlOf } from '../infrastructure/postgres/connection/connection.js';
import { migrateAndGrant, connectOrStart } from '../infrastructure/postgres/schema/open-database.js';
import { aborted, sleepUnlessAborted } from '../shared/abort.js';
import { StartupError } from '../shared/startup-error.js';
import type { ProcessContext } from './bootstrap.js';
import { urlOf } from './http-app.js';
import { printStartupBanner } from './startup-banner.js';

/** Between the end of an api process and the start of its replacement. */
const RESTART_PAUSE_MS = 1_000;

const logger = new Logger('Cluster');

/**
 * Runs several api processes behind one port, on one database: for machines with more cores than one process can use.
 * Replaces an api process that dies.
 */
export async function runApiCluster({ config, stop }: ProcessContext): Promise<void> {
  const database = await connectOrStart(config, stop);
  try {
    await migrateAndGrant(database, config, stop);
    answerMetricsRequests();
    const environment = { DATABASE_URL: config.DATABASE_URL ?? databaseUrlOf(database.connection) };
    const processes = Array.from({ length: config.API_PROCESSES }, () => cluster.fork(environment));
    const [address] = await Promise.all(processes.map((each) => listening(each)));
    cluster.on('exit', ({ process: { pid } }, code, signal) => {
      if (stop.aborted) return;
      logger.error(`api process ${pid} ended (${signal || code}); starting another`);
      void sleepUnlessAborted(RESTART_PAUSE_MS, stop).then(
        (isRunning) => isRunning && cluster.fork(environment),
      );
    });
    printStartupBanner(urlOf(address!), config);
    await aborted(stop);
  } finally {
    await stopAll();
    await database.close();
  }
}

async function listening(worker: Worker): Promise<Address> {
  const started = once(worker, 'listening').then(([address]) => address as Address);
  // It has logged the reason itself.
  const ended = once(worker, 'exit').then(() =>
    Promise.reject(new StartupError('An api process does not start.')),
  );
  ended.catch(() => undefined);
  return Promise.race([started, ended]);
}

async function stopAll(): Promise<void> {
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  await Promise.all(
    workers.map(async (worker) => {
      const exit = once(worker, 'exit');
      worker.process.kill('SIGTERM');
      await exit;
    }),
  );
}
