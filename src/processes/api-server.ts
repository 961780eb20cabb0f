import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, type LoggerService } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Listening } from './startup-banner.js';
import { createApi } from './api.js';
import type { Config } from '../config/config.js';
import { InfrastructureModule } from '../infrastructure/infrastructure.module.js';
import { type OpenDatabase, openDatabase } from '../infrastructure/postgres/schema/open-database.js';
import { pollUntil } from '../shared/timeout.js';
import { StartupError } from '../shared/startup-error.js';
import { Draining } from '../presentation/http/server/draining.js';

/** How long in-flight requests may take after shutdown has begun. */
const DRAIN_TIMEOUT_MS = 10_000;

export interface ApiServer {
  readonly listening: Listening;
  /** Finishes the requests in flight and stops all that was started. */
  stop(): Promise<void>;
}

/**
 * Opens the database, migrates it, and listens.
 * @throws StartupError where that is not possible; what had been started is stopped again.
 */
export async function startApiServer(
  config: Config,
  logger: LoggerService,
  stop: AbortSignal,
): Promise<ApiServer> {
  const database = await openDatabase(config, stop);
  try {
    const app = await createApi(config, InfrastructureModule.on(database.dataSource), logger);
    const listening = await listen(app, { host: config.HOST, port: config.PORT, names: 'PORT or HOST' });
    return { listening, stop: () => stopApi(app, database, config) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Where to listen, and by which variables a person says it. */
interface Address {
  readonly host: string;
  readonly port: number;
  readonly names: string;
}

/** @throws StartupError where that is not possible. */
export async function listen(
  app: NestExpressApplication,
  { host, port, names }: Address,
): Promise<Listening> {
  const server = app.getHttpServer();
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'another program listens there' : message;
    throw new StartupError(`Port ${port} of ${host} cannot be opened (${reason}): set ${names}.`, {
      cause: error,
    });
  }
  return server.address() as AddressInfo;
}

async function stopApi(app: NestExpressApplication, database: OpenDatabase, config: Config): Promise<void> {
  const logger = new Logger('Api');
  logger.log('stopping: requests in flight are finished first');
  // First the probe turns, so that balancers look elsewhere while the door is still open; then the door is closed.
  const draining = app.get(Draining);
  draining.begin();
  await sleep(config.SHUTDOWN_DELAY * 1_000);
  const closed = app.close();
  const isDrained = await pollUntil(() => draining.requestsInFlight === 0, DRAIN_TIMEOUT_MS);
  if (!isDrained) logger.warn(`cutting off ${draining.requestsInFlight} requests`);
  // What is left has no request to answer: Node would wait for connections on which nothing was ever asked.
  app.getHttpServer().closeAllConnections();
  await closed;
  await database.close();
  logger.log('stopped');
}
