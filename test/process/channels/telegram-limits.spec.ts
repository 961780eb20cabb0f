import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';
import { CHAT, TestTelegram, TOKEN } from '../../support/telegram.js';

const REPORTS = 300;
const OTHER_CHAT = -1002;
const MINUTE_MS = 60_000;
const RETRY_AFTER_S = 5;

describe('a storm of reports in a chat', () => {
  let database: TestDatabase;
  let telegram: TestTelegram;
  let apiUrl: string;

  const startBot = async (messagesPerMinute: number): Promise<Run> => {
    const bot = run('bot', {
      API_URL: apiUrl,
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_CHAT_ID: `${CHAT},${OTHER_CHAT}`,
      TELEGRAM_API_ROOT: telegram.url,
      TELEGRAM_MESSAGES_PER_MINUTE: String(messagesPerMinute),
      BOT_LANGUAGE: 'en',
      BOT_PORT: '0',
    });
    await bot.ready();
    return bot;
  };

  const ids = async () =>
    (await database.query<{ id: string }>('SELECT id FROM incidents ORDER BY id')).map(({ id }) =>
      Number(id),
    );
  /** The numbers that the bot has said, in messages of their own and in lines. */
  const numbers = (chat = CHAT) =>
    telegram
      .said(chat)
      .flatMap(({ text }) => [...text.matchAll(/^#(\d+) /gm)].map(([, id]) => Number(id)))
      .toSorted((one, other) => one - other);
  const sent = (chat = CHAT) =>
    telegram.requests.filter(
      ({ method, payload }) => method === 'sendMessage' && payload['chat_id'] === chat,
    );

  beforeAll(async () => {
    database = await aDatabase();
    telegram = await TestTelegram.start();
    apiUrl = await run('api', { DATABASE_URL: database.url }).ready();
  });
  afterAll(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
  });

  it('is answered with every number in a few messages, within the limits, while other chats are served', async () => {
    const bot = await startBot(20);
    telegram.fail('sendMessage', {
      times: 1,
      status: 429,
      body: {
        ok: false,
        error_code: 429,
        description: 'Too Many Requests',
        parameters: { retry_after: RETRY_AFTER_S },
      },
    });
    await telegram.write('Scooter 1 does not start');
    await telegram.until(() => sent().length === 1);
    await telegram.write('Till 3', {}, OTHER_CHAT);
    for (let n = 2; n <= REPORTS; n++) await telegram.write(`Scooter ${n} does not start`);
    await telegram.until(() => numbers().length === REPORTS, MINUTE_MS);
    const all = [...numbers(), ...numbers(OTHER_CHAT)];
    expect(all.toSorted((one, other) => one - other)).toEqual(await ids());

    const [refused, first] = sent();
    expect(first!.atMs - refused!.atMs).toBeGreaterThanOrEqual(RETRY_AFTER_S * 1_000);
    expect(sent(OTHER_CHAT)[0]!.atMs).toBeLessThan(first!.atMs);
    expect(sent().length).toBeLessThanOrEqual(20);
    const combined = telegram.said().find(({ text }) => text.includes('\n'))!;
    expect(combined.text).toMatch(/^#\d+ NEW Scooter \d+ does not start\n#\d+ NEW Scooter/);
    expect(await bot.end()).toBe(0);
  }, 180_000);

  it('is answered before the bot ends, if it is stopped meanwhile', async () => {
    const bot = await startBot(2);
    const before = numbers().length;
    for (let n = 1; n <= 100; n++) await telegram.write(`Door ${n} does not open`);
    await telegram.until(() => telegram.undelivered === 0, MINUTE_MS);
    expect(numbers().length).toBeLessThan(before + 100);
    expect(await bot.end()).toBe(0);
    expect(numbers().length).toBe(before + 100);
    expect(bot.output()).not.toContain('unsent');
  }, 120_000);
});
