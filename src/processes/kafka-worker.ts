import { Logger, type LoggerService } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Registry } from 'prom-client';
import { createHttpApp } from './api.js';
import { listen } from './api-server.js';
import type { Config } from '../config/config.js';
import { ensureTopics } from '../infrastructure/kafka/ensure-topics.js';
import { OutboxRelay } from '../infrastructure/kafka/outbox-relay.js';
import { InboundConsumer } from '../infrastructure/kafka/inbound-consumer.js';
import { KafkaProducer } from '../infrastructure/kafka/kafka-producer.js';
import { InfrastructureModule } from '../infrastructure/infrastructure.module.js';
import { EventOutbox } from '../infrastructure/postgres/feed/event-outbox.js';
import { type OpenDatabase, attachDatabase } from '../infrastructure/postgres/schema/open-database.js';
import { StartupError } from '../shared/startup-error.js';
import { Draining } from '../presentation/http/server/draining.js';
import { eventMessage } from '../presentation/api/feed/event-message.js';
import { ReportMessageHandler } from '../presentation/channels/kafka/report-message-handler.js';
import { KafkaWorkerModule } from './kafka-worker.module.js';

export interface RunningKafkaWorker {
  /** Finishes what is in hand, commits its offsets, leaves the consumer group and stops all that was started. */
  stop(): Promise<void>;
}

/**
 * Opens the database, migrates it, makes the topics, and begins to read and to send.
 * @throws StartupError where that is not possible; what had been started is stopped again.
 */
export async function startKafkaWorker(
  config: Config,
  logger: LoggerService,
  stop: AbortSignal,
): Promise<RunningKafkaWorker> {
  if (config.KAFKA_BROKERS === undefined) {
    throw new StartupError(
      'KAFKA_BROKERS must be set to the brokers that the worker is to use, as host:port.',
    );
  }
  const database = await attachDatabase(config, stop);
  try {
    await ensureTopics(config, stop);
    const infrastructure = InfrastructureModule.on(database.dataSource);
    const app = await createHttpApp(KafkaWorkerModule.with(config, infrastructure), config, logger);
    const names = 'WORKER_PORT or WORKER_HOST';
    const { address, port } = await listen(app, {
      host: config.WORKER_HOST,
      port: config.WORKER_PORT,
      names,
    });
    const consumer = consumerOf(app, config);
    const sender = new OutboxRelay(config, app.get(EventOutbox), app.get(KafkaProducer), eventMessage);
    await sender.start();
    consumer.start();
    new Logger('Worker').log(
      `working; listening on http://${address.includes(':') ? `[${address}]` : address}:${port}`,
    );
    return { stop: () => stopWorker(app, database, [consumer, sender]) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function consumerOf(app: NestExpressApplication, config: Config): InboundConsumer {
  const handler = app.get(ReportMessageHandler);
  return new InboundConsumer(config, (message, stop) => handler.handle(message, stop), app.get(Registry));
}

async function stopWorker(
  app: NestExpressApplication,
  database: OpenDatabase,
  parts: readonly { stop(): Promise<void> }[],
): Promise<void> {
  const logger = new Logger('Worker');
  logger.log('stopping: what is in hand is finished first');
  app.get(Draining).begin();
  await Promise.all(parts.map((part) => part.stop()));
  const closed = app.close();
  app.getHttpServer().closeAllConnections();
  await closed;
  await database.close();
  logger.log('stopped');
}
