import { readBotConfig } from './chat/telegram/bot-config.js';
import { bootstrapWith } from './processes/bootstrap.js';
import { runBot } from './processes/bot.js';

await bootstrapWith(readBotConfig, ({ config, logger, stop }) => runBot(config, logger, stop));
