import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { BotConfig } from '../chat/telegram/bot-config.js';
import { TelegramBot } from '../chat/telegram/telegram-bot.js';
import { BotModule } from './bot.module.js';
import type { ProcessContext } from './bootstrap.js';
import { listen } from './http-app.js';

/**
 * Serves the chats, and probes and metrics over HTTP, until the process is stopped.
 * @throws StartupError if the port cannot be opened, or Telegram does not know the token.
 */
export async function runBot({ config, logger, stop }: ProcessContext<BotConfig>): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(BotModule.with(config, stop), {
    abortOnError: false,
    bodyParser: false,
    forceCloseConnections: true,
    logger,
  });
  app.disable('x-powered-by');
  app.disable('etag');
  const url = await listen(app, {
    host: config.BOT_HOST,
    port: config.BOT_PORT,
    variables: 'BOT_PORT or BOT_HOST',
  });
  const log = new Logger('Bot');
  log.log(`listening on ${url}`);
  await app.get(TelegramBot).run();
  await app.close();
  log.log('stopped');
}
