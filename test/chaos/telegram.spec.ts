import {
  type IntakeCounts,
  intakeCountsAt,
  expectBalanced,
  inFlight,
  sumOf,
} from '../support/intake-counts.js';
import { aDatabase, type TestDatabase } from '../support/databases.js';
import { pause } from '../support/pause.js';
import { killLeftovers, run } from '../support/processes.js';
import { aPort } from '../support/ports.js';
import { CHAT, TestTelegram, TOKEN } from '../support/telegram.js';

/** Longer with `FULL=1`. */
const API_DOWN_MS = process.env['FULL'] ? 10_000 : 2_000;
const MESSAGES = 300;
const DELIVERIES = 3;
const KILLS = 10;

describe('the Telegram bot', () => {
  let database: TestDatabase;
  let telegram: TestTelegram;
  beforeEach(async () => {
    database = await aDatabase();
    telegram = await TestTelegram.start({ deliveries: DELIVERIES });
  });
  afterEach(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
  });

  it(`creates ${MESSAGES} incidents from as many messages, each delivered ${DELIVERIES} times, while the bot and the API are killed`, async () => {
    const PORT = String(await aPort());
    const startApi = () => run('api', { DATABASE_URL: database.url, PORT });
    const startBot = () =>
      run('bot', {
        API_URL: `http://127.0.0.1:${PORT}`,
        TELEGRAM_BOT_TOKEN: TOKEN,
        TELEGRAM_CHAT_ID: String(CHAT),
        TELEGRAM_API_ROOT: telegram.url,
        BOT_PORT: '0',
      });
    const count = async () =>
      (await database.query<{ count: number }>('SELECT count(*)::int FROM incidents'))[0]!.count;
    let api = startApi();
    await api.ready();
    const texts = Array.from({ length: MESSAGES }, (_, n) => `Самокат #${n} не отвечает 🛴 ${n}`);

    const writing = (async () => {
      for (const [n, text] of texts.entries()) {
        await telegram.write(n % 3 === 0 ? `[monitoring] ${text}` : text);
        await pause(20, 'the messages arrive for as long as processes are killed');
      }
    })();
    const countsBeforeKills: IntakeCounts[] = [];
    let unseen = 0;
    let bot = startBot();
    for (let kill = 0; kill < KILLS; kill++) {
      await bot.ready();
      await pause(100 + ((kill * 137) % 600), 'each kill is at another moment of its work');
      expect(await bot.end('SIGKILL')).toBe('SIGKILL');
      bot = startBot();
      if (kill === 2 || kill === 6) {
        const before = await count();
        const last = await intakeCountsAt(await api.ready(), 'telegram');
        countsBeforeKills.push(last);
        await api.end('SIGKILL');
        await pause(API_DOWN_MS, 'the API is down for so long');
        // The requests in flight then, and the incidents that were created after that reading.
        unseen += inFlight(last) + (await count()) - before;
        api = startApi();
      }
    }
    await writing;
    await telegram.until(() => telegram.undelivered === 0, 150_000);

    expect(await count()).toBe(MESSAGES);
    const rows = await database.query<{
      description: string;
      source: string;
      version: number;
      channel: string;
    }>('SELECT description, source, version, channel FROM incidents');
    expect(new Set(rows.map(({ description }) => description))).toEqual(new Set(texts));
    expect(rows.filter(({ source }) => source === 'monitoring').length).toBe(MESSAGES / 3);
    expect(rows.filter(({ version, channel }) => version !== 1 || channel !== 'telegram')).toEqual([]);
    expect(await bot.end()).toBe(0);
    const finalCounts = await intakeCountsAt(await api.ready(), 'telegram');
    expectBalanced(finalCounts);
    const { received, created, duplicate } = sumOf([...countsBeforeKills, finalCounts]);
    // Bounds, since the counters of a process end with it: an incident may be created and never be counted, though never counted
    // twice; and replays after the last reading leave no trace.
    expect(created).toBeLessThanOrEqual(MESSAGES);
    expect(created).toBeGreaterThanOrEqual(MESSAGES - unseen);
    expect(duplicate).toBeGreaterThanOrEqual(MESSAGES);
    expect(received).toBeGreaterThanOrEqual(2 * MESSAGES);
  }, 300_000);
});
