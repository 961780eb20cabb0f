import cluster from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DynamicModule, Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Config } from '../config/config.js';
import { InfrastructureModule } from '../infrastructure/infrastructure.module.js';
import { HeartbeatWatch } from '../infrastructure/postgres/heartbeat/heartbeat-watch.js';
import { openDatabase } from '../infrastructure/postgres/schema/open-database.js';
import type { Channel } from '../presentation/channels/channel.js';
import { REGISTERED_CHANNELS } from '../presentation/channels/registered-channels.js';
import { serveDocs } from '../presentation/http/openapi/openapi.js';
import { Draining } from '../presentation/http/server/draining.js';
import { aborted } from '../shared/abort.js';
import { pollUntil } from '../shared/time/timeout.js';
import { runApiCluster } from './api-cluster.js';
import { ApiModule } from './api.module.js';
import type { ProcessContext } from './bootstrap.js';
import type { ServiceLogger } from './logger.js';
import { createHttpApp, listen } from './http-app.js';
import { printStartupBanner } from './startup-banner.js';

/** How long in-flight requests may take after shutdown has begun. */
const DRAIN_TIMEOUT_MS = 10_000;

/**
 * Serves the API until the process is stopped; with API_PROCESSES above 1, as a cluster of processes.
 * @throws StartupError if the database cannot be opened or migrated, or the port cannot be opened.
 */
export async function runApi(context: ProcessContext): Promise<void> {
  if (context.config.API_PROCESSES > 1 && cluster.isPrimary) await runApiCluster(context);
  else await runApiProcess(context);
}

async function runApiProcess({ config, logger, stop }: ProcessContext): Promise<void> {
  const database = await openDatabase(config, stop);
  try {
    const app = await createApi(config, InfrastructureModule.on(database.dataSource), logger);
    const url = await listen(app, { host: config.HOST, port: config.PORT, variables: 'PORT or HOST' });
    if (cluster.isPrimary) printStartupBanner(url, config);
    await aborted(stop);
    await drainAndClose(app, config);
  } finally {
    await database.close();
  }
  new Logger('Api').log('stopped');
}

/** The api on these adapters, ready to listen. */
export async function createApi(
  config: Config,
  infrastructure: readonly DynamicModule[],
  logger: ServiceLogger,
  channels: readonly Channel[] = REGISTERED_CHANNELS,
): Promise<NestExpressApplication> {
  const app = await createHttpApp(ApiModule.with(config, infrastructure, channels), config, logger);
  await serveDocs(app);
  return app;
}

async function drainAndClose(app: NestExpressApplication, config: Config): Promise<void> {
  const logger = new Logger('Api');
  logger.log('stopping: draining in-flight requests');
  // Readiness turns to 503 first, so that load balancers stop sending while the listener is still open.
  const draining = app.get(Draining);
  draining.begin();
  await sleep(config.SHUTDOWN_DELAY * 1_000);
  // Nobody can ping any more: no ping is missing from now on.
  await app.get(HeartbeatWatch).stop();
  const server = app.getHttpServer();
  server.close();
  const isDrained = await pollUntil(() => draining.requestsInFlight === 0, DRAIN_TIMEOUT_MS);
  if (!isDrained) logger.warn(`cutting off ${draining.requestsInFlight} requests`);
  // The connections that are left have no request in flight: Node would wait for those that never sent one.
  server.closeAllConnections();
  // Last, since it closes what requests need.
  await app.close();
}
