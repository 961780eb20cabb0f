import './processes/source-maps.js';

const { BotConfig } = await import('./chat/telegram/bot-config.js');
const { bootstrap } = await import('./processes/bootstrap.js');
const { runBot } = await import('./processes/bot.js');

await bootstrap(BotConfig, runBot);
