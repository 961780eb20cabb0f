import { BotConfig } from './chat/telegram/bot-config.js';
import { bootstrap } from './processes/bootstrap.js';
import { runBot } from './processes/bot.js';

await bootstrap(BotConfig, runBot);
