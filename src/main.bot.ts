import { Logger } from '@nestjs/common';
import { bootstrapWith } from './processes/bootstrap.js';
import { readBotConfig } from './chat/telegram/bot-config.js';
import { BotHealth } from './chat/telegram/bot-health.js';
import { BotMetrics } from './chat/telegram/bot-metrics.js';
import { runBot, UnknownBot } from './processes/bot.js';
import { OperationsServer } from './chat/telegram/operations-server.js';
import { ApiRejection } from './chat/core/api/incidents-api-responses.js';
import { type Check, KafkaPublisher } from './chat/core/api/kafka-publisher.js';
import { clientOptions, topicsOf } from './infrastructure/kafka/client-options.js';
import { KafkaProducer } from './infrastructure/kafka/kafka-producer.js';
import { createRegistry } from './infrastructure/prometheus/registry.js';
import { StartupError } from './shared/startup-error.js';
import { HttpProblem } from './presentation/http/problems/problems.js';
import { ChannelRegistry } from './application/intake/channel-registry.js';
import { telegram } from './presentation/channels/telegram/telegram.channel.js';
import { ReportMessageParser } from './presentation/intake/report-message-parser.js';

const parser = new ReportMessageParser(new ChannelRegistry([telegram]));

/** Rejects what the worker would quarantine, by the parser of the worker. */
const check: Check = async (message) => {
  try {
    await parser.parse({ ...message, topic: '', partition: 0, offset: 0n });
  } catch (error) {
    throw error instanceof HttpProblem ? new ApiRejection(error.code, error.message, error.facts) : error;
  }
};

await bootstrapWith(readBotConfig, async ({ config, stop }) => {
  const logger = new Logger('Bot');
  const health = new BotHealth();
  const metrics = new BotMetrics(createRegistry(), health);
  const operations = new OperationsServer(health, metrics);
  const { BOT_PORT, BOT_HOST } = config;
  const { address, port } = await operations.listen(BOT_PORT, BOT_HOST).catch((error: Error) => {
    throw new StartupError(
      `Port ${BOT_PORT} of ${BOT_HOST} cannot be opened (${error.message}): set BOT_PORT or BOT_HOST.`,
      { cause: error },
    );
  });
  logger.log(`listening on http://${address.includes(':') ? `[${address}]` : address}:${port}`);
  const topic =
    config.BOT_REPORT_TRANSPORT === 'kafka'
      ? new KafkaPublisher(
          new KafkaProducer(clientOptions(config)),
          topicsOf(config).inbound,
          check,
          health,
          metrics,
          stop,
        )
      : undefined;
  try {
    await runBot(config, health, metrics, stop, topic);
  } catch (error) {
    throw error instanceof UnknownBot ? new StartupError(error.message, { cause: error }) : error;
  }
  await topic?.close();
  await operations.close();
  logger.log('stopped');
});
