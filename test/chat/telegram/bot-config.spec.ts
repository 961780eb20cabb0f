import { BotConfig } from '../../../src/chat/telegram/bot-config.js';
import { type InvalidConfig, readConfig } from '../../../src/config/read-config.js';

const right = { TELEGRAM_BOT_TOKEN: '123:abc_DEF-1', TELEGRAM_CHAT_ID: '-1001234567890' };
const problems = (environment: Record<string, string>) => {
  try {
    readConfig(BotConfig, environment);
    return [];
  } catch (error) {
    return (error as InvalidConfig).validationErrors;
  }
};

describe('the configuration of the bot', () => {
  it('requires only a token and a chat in development', () => {
    expect(readConfig(BotConfig, right)).toMatchObject({
      API_URL: 'http://127.0.0.1:8000',
      API_KEY: 'key',
      BOT_LANGUAGE: 'ru',
      BOT_HOST: '127.0.0.1',
      BOT_PORT: 8002,
      chats: [-1001234567890],
    });
  });

  it('accepts several chats, and addresses that end with a slash', () => {
    const more = {
      TELEGRAM_CHAT_ID: ' -1, 2 ,3',
      API_URL: 'https://a.example/incidents/',
      TELEGRAM_API_ROOT: 'http://b:8081/',
    };
    expect(readConfig(BotConfig, { ...right, ...more, API_KEY: 'inc_1_x' })).toMatchObject({
      chats: [-1, 2, 3],
      API_URL: 'https://a.example/incidents',
      TELEGRAM_API_ROOT: 'http://b:8081',
    });
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'no token',
      { TELEGRAM_BOT_TOKEN: '' },
      'TELEGRAM_BOT_TOKEN must be set to the token that @BotFather gave',
    ],
    ['a token that breaks the address', { TELEGRAM_BOT_TOKEN: '1:a/../b' }, 'TELEGRAM_BOT_TOKEN must'],
    ['no chat', { TELEGRAM_CHAT_ID: '' }, 'TELEGRAM_CHAT_ID must'],
    ['the name of a chat', { TELEGRAM_CHAT_ID: '@incidents' }, 'TELEGRAM_CHAT_ID must'],
    ['an empty place among chats', { TELEGRAM_CHAT_ID: '1,,2' }, 'TELEGRAM_CHAT_ID must'],
    ['no key in production', { NODE_ENV: 'production' }, 'API_KEY must'],
    ['the key of development for another machine', { API_URL: 'http://api:8000' }, 'API_KEY must'],
    ['a key that no header can carry', { API_KEY: 'ключ' }, 'API_KEY must'],
    ['another protocol', { API_URL: 'ftp://a', API_KEY: 'inc_1_x' }, 'API_URL must'],
    [
      'Kafka without brokers',
      { BOT_REPORT_TRANSPORT: 'kafka' },
      'KAFKA_BROKERS must be set where BOT_REPORT_TRANSPORT is kafka',
    ],
    ['another language', { BOT_LANGUAGE: 'de' }, 'BOT_LANGUAGE must'],
    ['a port that there is not', { BOT_PORT: '65536' }, 'BOT_PORT must'],
  ])('is rejected in one line with %s', (_, wrong, line) =>
    expect(problems({ ...right, ...wrong })).toEqual([expect.stringContaining(line)]),
  );
});
