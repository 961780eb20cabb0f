import { Logger } from '@nestjs/common';
import { bootstrap } from './processes/bootstrap.js';
import { readBotConfig } from './chat/telegram/bot-config.js';
import { BotHealth } from './chat/telegram/bot-health.js';
import { BotMetrics } from './chat/telegram/bot-metrics.js';
import { runBot, UnknownBot } from './processes/bot.js';
import { OperationsServer } from './chat/telegram/operations-server.js';
import { ApiRejection } from './chat/core/api/incidents-api-responses.js';
import { type Check, KafkaPublisher } from './chat/core/api/kafka-publisher.js';
import { clientOptions, topicsOf } from './infrastructure/kafka/client-options.js';
import { createRegistry } from './infrastructure/prometheus/registry.js';
import { StartupError } from './shared/startup-error.js';
import { HttpProblem } from './presentation/http/problems/problems.js';
import { parseReportMessage } from './presentation/channels/kafka/parse-report-message.js';

/** What the worker would put into the quarantine is refused here already, by the worker's own reading. */
const check: Check = async (message) => {
  try {
    await parseReportMessage({ ...message, topic: '', partition: 0, offset: 0n });
  } catch (error) {
    throw error instanceof HttpProblem ? new ApiRejection(error.code, error.message, error.facts) : error;
  }
};

await bootstrap(readBotConfig, async ({ config, stop }) => {
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
      ? new KafkaPublisher(clientOptions(config), topicsOf(config).inbound, check, health, metrics, stop)
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
