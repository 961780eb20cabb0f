import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, type LoggerService } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApi } from './api.js';
import { type Config, DEVELOPMENT_KEY } from './config/config.js';
import { InfrastructureModule } from './infrastructure/infrastructure.module.js';
import { type OpenDatabase, openDatabase } from './infrastructure/persistence/open-database.js';
import { StartFailure } from './infrastructure/start-failure.js';
import { Draining } from './presentation/http/draining.js';

/** How long a client may take for the head of a request, in milliseconds. */
const HEADERS_TIMEOUT = 10_000;

/** How long requests in flight may take once the service has been told to stop, in milliseconds. */
const FINISHING = 10_000;

export interface ApiServer {
  /** Finishes the requests in flight and stops all that was started. */
  stop(): Promise<void>;
}

/**
 * Opens the database, migrates it, and listens.
 * @throws StartFailure where that is not possible; what had been started is stopped again.
 */
export async function startApiServer(
  config: Config,
  logger: LoggerService,
  stop: AbortSignal,
): Promise<ApiServer> {
  const database = await openDatabase(config, stop);
  try {
    const app = await createApi(config, InfrastructureModule.on(database.dataSource), logger);
    await listen(app, config);
    return { stop: () => stopApi(app, database, config) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function listen(app: NestExpressApplication, config: Config): Promise<void> {
  const server = app.getHttpServer();
  server.headersTimeout = HEADERS_TIMEOUT;
  // A stream of reports may take its time; whoever reads another body limits it.
  server.requestTimeout = 0;
  try {
    await app.listen(config.PORT, config.HOST);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'another program listens there' : message;
    throw new StartFailure(
      `Port ${config.PORT} of ${config.HOST} cannot be opened (${reason}): set PORT or HOST.`,
      {
        cause: error,
      },
    );
  }
  announce(server.address() as AddressInfo, config);
}

async function stopApi(app: NestExpressApplication, database: OpenDatabase, config: Config): Promise<void> {
  const logger = new Logger('Api');
  logger.log('stopping: requests in flight are finished first');
  // First the probe turns, so that balancers look elsewhere while the door is still open; then the door is closed.
  const draining = app.get(Draining);
  draining.begin();
  await sleep(config.SHUTDOWN_DELAY * 1_000);
  const closed = app.close();
  const deadline = Date.now() + FINISHING;
  while (draining.requestsInFlight > 0 && Date.now() < deadline) await sleep(10);
  if (draining.requestsInFlight > 0) logger.warn(`cutting off ${draining.requestsInFlight} requests`);
  // What is left has no request to answer: Node would wait for connections on which nothing was ever asked.
  app.getHttpServer().closeAllConnections();
  await closed;
  await database.close();
  logger.log('stopped');
}

function announce({ address, family, port }: AddressInfo, config: Config): void {
  const host = ['0.0.0.0', '::'].includes(address)
    ? 'localhost'
    : family === 'IPv6'
      ? `[${address}]`
      : address;
  const url = `http://${host}:${port}`;
  if (!config.prettyLogs) {
    new Logger('Api').log(`listening on ${url}`);
    return;
  }
  const key = config.X_ACCESS_KEY === DEVELOPMENT_KEY ? DEVELOPMENT_KEY : '$X_ACCESS_KEY';
  process.stdout.write(
    `
  Incidents is ready.

    address  ${url}
    docs     ${url}/docs
    key      ${key === DEVELOPMENT_KEY ? `${key} (for development, on this machine only)` : 'that of X_ACCESS_KEY'}
    data     ${config.DATABASE_URL === undefined ? config.DATA_DIR : 'in the database of DATABASE_URL'}

  Report an incident:

    curl -i ${url}/api/v1/incidents -H 'X-Access-Key: ${key}' \\
      -H 'Content-Type: application/json' -d '{"description": "Самокат #42 оффлайн", "source": "monitoring"}'

  Ctrl-C stops it.

`.replaceAll("'X-Access-Key: $X_ACCESS_KEY'", '"X-Access-Key: $X_ACCESS_KEY"'),
  );
}
