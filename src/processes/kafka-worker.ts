import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Registry } from 'prom-client';
import type { Config } from '../config/config.js';
import { SERVICE_CONSUMERS } from '../application/feed/feed-consumers.js';
import { FollowFeed } from '../application/feed/follow-feed.js';
import { ensureTopics } from '../infrastructure/kafka/ensure-topics.js';
import { EventRelay } from '../infrastructure/kafka/event-relay.js';
import { InboundConsumer } from '../infrastructure/kafka/inbound-consumer.js';
import { KafkaProducer } from '../infrastructure/kafka/kafka-producer.js';
import { InfrastructureModule } from '../infrastructure/infrastructure.module.js';
import { Database } from '../infrastructure/postgres/connection/database.js';
import { ConsumerLease } from '../infrastructure/postgres/feed/consumer-lease.js';
import { attachDatabase } from '../infrastructure/postgres/schema/open-database.js';
import { eventMessage } from '../presentation/api/feed/event-message.js';
import { ReportMessageHandler } from '../presentation/channels/kafka/report-message-handler.js';
import { Draining } from '../presentation/http/server/draining.js';
import { aborted } from '../shared/abort.js';
import { StartupError } from '../shared/startup-error.js';
import type { ProcessContext } from './bootstrap.js';
import { createHttpApp, listen } from './http-app.js';
import { KafkaWorkerModule } from './kafka-worker.module.js';

/**
 * Reads reports from Kafka and sends events to it until the process is stopped; then finishes in-flight messages,
 * commits their offsets and leaves the consumer group.
 * @throws StartupError if the database has no current schema, a topic cannot be created, or the port cannot be opened.
 */
export async function runKafkaWorker({ config, logger, stop }: ProcessContext): Promise<void> {
  if (config.KAFKA_BROKERS === undefined)
    throw new StartupError('KAFKA_BROKERS must be set to the brokers for the worker, as host:port.');
  const log = new Logger('Worker');
  const database = await attachDatabase(config, stop);
  try {
    await ensureTopics(config, stop);
    const infrastructure = InfrastructureModule.on(database.dataSource);
    const app = await createHttpApp(KafkaWorkerModule.with(config, infrastructure), config, logger);
    const address = { host: config.WORKER_HOST, port: config.WORKER_PORT };
    const url = await listen(app, { ...address, variables: 'WORKER_PORT or WORKER_HOST' });
    const consumer = createConsumer(app, config);
    const lease = new ConsumerLease(app.get(Database), SERVICE_CONSUMERS.kafka);
    const relay = new EventRelay(config, lease, app.get(FollowFeed), app.get(KafkaProducer), eventMessage);
    await relay.start();
    consumer.start();
    log.log(`listening on ${url}`);
    await aborted(stop);
    log.log('stopping: draining in-flight work');
    app.get(Draining).begin();
    await Promise.all([consumer.stop(), relay.stop()]);
    const closed = app.close();
    app.getHttpServer().closeAllConnections();
    await closed;
  } finally {
    await database.close();
  }
  log.log('stopped');
}

function createConsumer(app: NestExpressApplication, config: Config): InboundConsumer {
  const handler = app.get(ReportMessageHandler);
  return new InboundConsumer(
    config,
    (message, stopping) => handler.handle(message, stopping),
    app.get(Registry),
  );
}
