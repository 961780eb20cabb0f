import { Logger, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { BotConfig } from '../chat/telegram/bot-config.js';
import { TelegramBot, UnknownToken } from '../chat/telegram/telegram-bot.js';
import { StartupError } from '../shared/startup-error.js';
import { BotModule } from './bot.module.js';
import { listen } from './listen.js';

/**
 * Serves the chats, and probes and metrics over HTTP, until the process is told to stop.
 * @throws StartupError if the port cannot be opened, or Telegram does not know the token.
 */
export async function runBot(config: BotConfig, logger: LoggerService, stop: AbortSignal): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(BotModule.with(config, stop), {
    abortOnError: false,
    bodyParser: false,
    forceCloseConnections: true,
    logger,
  });
  app.disable('x-powered-by');
  app.disable('etag');
  const address = { host: config.BOT_HOST, port: config.BOT_PORT, names: 'BOT_PORT or BOT_HOST' };
  const { address: host, port } = await listen(app, address);
  const log = new Logger('Bot');
  log.log(`listening on http://${host.includes(':') ? `[${host}]` : host}:${port}`);
  try {
    await app.get(TelegramBot).run();
  } catch (error) {
    throw error instanceof UnknownToken ? new StartupError(error.message, { cause: error }) : error;
  }
  await app.close();
  log.log('stopped');
}
