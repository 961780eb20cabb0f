import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { Logger } from '@nestjs/common';
import { printStartupBanner, type Listening } from './startup-banner.js';
import type { Config } from '../config/config.js';
import { answerMetricsRequests } from '../infrastructure/prometheus/cluster-metrics-exporter.js';
import { urlOf } from '../infrastructure/postgres/connection/connection.js';
import { migrateAndGrant, connectOrStart } from '../infrastructure/postgres/schema/open-database.js';
import { aborted, sleepUnlessAborted } from '../shared/abort.js';
import { StartupError } from '../shared/startup-error.js';

/** After an api process has ended, before the next one is started in its place. */
const RESTART_PAUSE_MS = 1_000;

const logger = new Logger('Workers');

/**
 * Several api processes behind one port, on one database: for machines with more cores than one process can use. A
 * worker that dies is replaced.
 */
export async function runApiCluster(config: Config, stop: AbortSignal): Promise<void> {
  const database = await connectOrStart(config, stop);
  try {
    await migrateAndGrant(database, config, stop);
    answerMetricsRequests();
    const environment = { DATABASE_URL: config.DATABASE_URL ?? urlOf(database.connection) };
    const workers = Array.from({ length: config.API_PROCESSES }, () => cluster.fork(environment));
    const [first] = await Promise.all(workers.map((worker) => listening(worker)));
    cluster.on('exit', (worker, code, signal) => {
      if (stop.aborted) return;
      logger.error(`worker ${worker.process.pid} has ended (${signal || code}); starting another`);
      void sleepUnlessAborted(RESTART_PAUSE_MS, stop).then(
        (isRunning) => isRunning && cluster.fork(environment),
      );
    });
    printStartupBanner(first!, config);
    await aborted(stop);
  } finally {
    await stopAll();
    await database.close();
  }
}

async function listening(worker: Worker): Promise<Listening> {
  const started = once(worker, 'listening').then(([address]) => address as Listening);
  // It has said why itself.
  const ended = once(worker, 'exit').then(() => Promise.reject(new StartupError('A worker does not start.')));
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
