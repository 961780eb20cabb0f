import type { DynamicModule, INestApplication } from '@nestjs/common';
import { Registry } from 'prom-client';
import type * as ApiProcess from '../../src/processes/api.ts';
import type * as HttpApp from '../../src/processes/http-app.ts';
import type * as WorkerProcess from '../../src/processes/kafka-worker.module.ts';
import type * as Configuration from '../../src/config/config.ts';
import type * as Reading from '../../src/config/read-config.ts';
import type * as Consumer from '../../src/infrastructure/kafka/inbound-consumer.ts';
import type * as Infrastructure from '../../src/infrastructure/infrastructure.module.ts';
import type * as DataSources from '../../src/infrastructure/postgres/schema/data-source.ts';
import type * as Prometheus from '../../src/infrastructure/prometheus/registry.ts';
import type * as Logging from '../../src/processes/logger.ts';
import type * as BotMetricsModule from '../../src/chat/telegram/operations/bot-metrics.ts';
import type * as BotHealthModule from '../../src/chat/telegram/operations/bot-health.ts';
import { built } from './project.ts';

/** The metrics of each process, as its modules register them; neither a database nor a broker is opened. */
export async function registries(): Promise<Record<'api' | 'worker' | 'bot', Registry>> {
  const { Config } = await built<typeof Configuration>('config/config.js');
  const { readConfig } = await built<typeof Reading>('config/read-config.js');
  const { createApi } = await built<typeof ApiProcess>('processes/api.js');
  const { createHttpApp } = await built<typeof HttpApp>('processes/http-app.js');
  const { KafkaWorkerModule } = await built<typeof WorkerProcess>('processes/kafka-worker.module.js');
  const { InboundConsumer } = await built<typeof Consumer>('infrastructure/kafka/inbound-consumer.js');
  const { InfrastructureModule } = await built<typeof Infrastructure>(
    'infrastructure/infrastructure.module.js',
  );
  const { requestDataSource } = await built<typeof DataSources>(
    'infrastructure/postgres/schema/data-source.js',
  );
  const { createRegistry } = await built<typeof Prometheus>('infrastructure/prometheus/registry.js');
  const { createLogger } = await built<typeof Logging>('processes/logger.js');
  const { BotMetrics } = await built<typeof BotMetricsModule>('chat/telegram/operations/bot-metrics.js');
  const { BotHealth } = await built<typeof BotHealthModule>('chat/telegram/operations/bot-health.js');

  const config = readConfig(Config, { LOG_LEVEL: 'warn', KAFKA_BROKERS: 'localhost:9092' });
  const logger = createLogger(config);
  const infrastructure = (): DynamicModule[] => InfrastructureModule.on(requestDataSource({}, 1));

  const api = await registryOf(await createApi(config, infrastructure(), logger));
  const worker = await registryOf(
    await createHttpApp(KafkaWorkerModule.with(config, infrastructure()), config, logger),
  );
  void new InboundConsumer(config, () => Promise.resolve(), worker);
  const botRegistry = createRegistry();
  void new BotMetrics(botRegistry, new BotHealth());
  return { api, worker, bot: botRegistry };
}

/** The metrics of an application, which it closes: two applications with a DataSource at a time would replace each other's. */
async function registryOf(app: INestApplication): Promise<Registry> {
  const registry = app.get<Registry>(Registry);
  await app.close();
  return registry;
}
