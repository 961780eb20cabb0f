import { hash, randomBytes } from 'node:crypto';
import { aDatabase, type TestDatabase } from '../support/databases.js';
import { pause } from '../support/pause.js';
import { aPort } from '../support/ports.js';
import { killLeftovers, run } from '../support/processes.js';
import type { SentFile } from '../support/telegram-files.js';
import { CHAT, TestTelegram, TOKEN } from '../support/telegram.js';

const isFull = Boolean(process.env['FULL']);
const MESSAGES = isFull ? 200 : 40;
const KILLS = isFull ? 10 : 4;
const API_DOWN_MS = isFull ? 10_000 : 1_000;

/** What somebody sends. */
interface Sent {
  readonly content: object;
  /** Of its incident; undefined where that is the one of the message before. */
  readonly description?: string;
}

const location = { latitude: 55.75, longitude: 37.61 };
const PLACE = '55.75, 37.61\nhttps://www.openstreetmap.org/?mlat=55.75&mlon=37.61#map=17/55.75/37.61';
const clip = { width: 1, height: 1, duration: 65 };

/** Every kind of message. @param n the number of the message. @param before the id of the message before. */
const KINDS: readonly ((file: () => SentFile, n: number, before: number) => Sent)[] = [
  (file) => ({ content: { photo: photo(file()) }, description: 'Photo without caption' }),
  (file, n) => ({ content: { photo: photo(file()), caption: `Wheel ${n}` }, description: `Wheel ${n}` }),
  (file) => ({ content: { voice: { ...file(), duration: 65 } }, description: 'Voice message: 1:05' }),
  (file, n) => ({
    content: { document: { ...file(), file_name: 'till.log' }, caption: `[monitoring] Till ${n}` },
    description: `Till ${n}`,
  }),
  (file) => ({
    content: { video_note: { ...file(), length: 1, duration: 65 } },
    description: 'Video message: 1:05',
  }),
  () => ({ content: { location }, description: `Location: ${PLACE}` }),
  (file, _, before) => ({
    content: { photo: photo(file()), reply_to_message: person(before, { location }) },
  }),
  (file) => ({ content: { video: { ...file(), ...clip } }, description: 'Video without caption' }),
  () => ({
    content: { sticker: { file_id: 'a', file_unique_id: 'a', emoji: '🔥' } },
    description: 'Sticker: 🔥',
  }),
  (file, n) => ({
    content: { photo: photo(file()), media_group_id: `album-${n}`, caption: `Album ${n}` },
    description: `Album ${n}`,
  }),
  (file, n) => ({ content: { video: { ...file(), ...clip }, media_group_id: `album-${n - 1}` } }),
  (file, n) => ({ content: { photo: photo(file()), media_group_id: `album-${n - 2}` } }),
  () => ({
    content: { venue: { location, title: 'Cafe', address: 'Main St' }, location },
    description: `Place: Cafe, Main St\n${PLACE}`,
  }),
  (file) => ({ content: { audio: { ...file(), duration: 5 } }, description: 'Audio without caption' }),
  () => ({
    content: { contact: { first_name: 'Anna', phone_number: '+700' } },
    description: 'Contact: Anna, +700',
  }),
  (file) => ({
    content: { animation: { ...file(), ...clip, file_name: 'a.mp4' } },
    description: 'GIF without caption: a.mp4',
  }),
  () => ({
    content: { poll: { question: 'Who?', options: [{ text: 'Me', voter_count: 0 }] } },
    description: 'Poll: Who?\n– Me',
  }),
  (file) => ({ content: { document: { ...file() } }, description: 'File without caption' }),
  (_, n) => ({ content: { text: `Scooter ${n}` }, description: `Scooter ${n}` }),
  (file, n) => {
    const { file_id, file_unique_id } = file();
    const large = { file_id, file_unique_id, file_size: 25_000_000, file_name: 'core' };
    const remark = 'The file “core” is not stored: it is larger than 20 MB.';
    return { content: { document: large, caption: `Crash ${n}` }, description: `Crash ${n}\n${remark}` };
  },
];

const photo = (file: SentFile) => [{ ...file, width: 1, height: 1 }];
const person = (message_id: number, content: object) => ({
  message_id,
  from: { id: 7, is_bot: false, first_name: 'Anna' },
  chat: { id: CHAT, type: 'supergroup' },
  date: 1,
  ...content,
});
const digestOf = (bytes: Uint8Array) => hash('sha256', bytes, 'hex');

describe('the Telegram bot', () => {
  let database: TestDatabase;
  let telegram: TestTelegram;
  beforeEach(async () => {
    database = await aDatabase();
    // Each message comes again only while it is not acknowledged: another delivery would make up for a file that is lost.
    telegram = await TestTelegram.start();
  });
  afterEach(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
  });

  it(`keeps ${MESSAGES} messages of every kind once, and their files byte by byte, while the bot and the API are killed`, async () => {
    const PORT = String(await aPort());
    const API_URL = `http://127.0.0.1:${PORT}`;
    const startApi = () => run('api', { DATABASE_URL: database.url, PORT });
    const startBot = () =>
      run('bot', {
        API_URL,
        TELEGRAM_BOT_TOKEN: TOKEN,
        TELEGRAM_CHAT_ID: String(CHAT),
        TELEGRAM_API_ROOT: telegram.url,
        BOT_LANGUAGE: 'en',
        BOT_PORT: '0',
      });
    let api = startApi();
    await api.ready();

    /** The incidents that there must be. */
    const expected: { readonly origin: string; readonly description: string; readonly files: string[] }[] =
      [];
    let isWritten = false;
    const writing = (async () => {
      for (let n = 0, before = 0; n < MESSAGES; n++) {
        const files: string[] = [];
        const file = () => {
          // Some take long enough to be interrupted.
          const bytes = randomBytes(n % 40 === 7 ? 8_000_000 : 1 + ((n * 7_919) % 600_000));
          files.push(digestOf(bytes));
          return telegram.files.add(bytes);
        };
        const { content, description } = KINDS[n % KINDS.length]!(file, n, before);
        before = await telegram.write(undefined, content);
        if (description === undefined) expected.at(-1)!.files.push(...files);
        else {
          const isStored = !description.includes('is not stored');
          expected.push({ origin: `tg:${CHAT}:${before}`, description, files: isStored ? files : [] });
        }
        await pause(20, 'the messages arrive for as long as processes are killed');
      }
      isWritten = true;
    })();

    const { files: telegramFiles } = telegram;
    /** Resolves while the bot attaches a file: each time at another moment of that. */
    const atWork = async (kill: number) => {
      const isStalled = kill % 2 === 1;
      if (isStalled) telegramFiles.stall(1);
      const before = telegramFiles.downloads.length;
      const isDone = () => isWritten && telegram.undelivered === 0;
      await telegram.until(() => telegramFiles.downloads.length > before || isDone(), 60_000);
      const pauseMs = isStalled ? 1_000 : (kill * 37) % 150;
      await pause(pauseMs, 'a bot that acknowledged a file too early would do so now');
    };
    let bot = startBot();
    telegramFiles.interrupt(1);
    for (let kill = 0; kill < KILLS; kill++) {
      await atWork(kill);
      expect(await bot.end('SIGKILL')).toBe('SIGKILL');
      bot = startBot();
      if (kill % 4 !== 2) continue;
      await atWork(kill);
      await api.end('SIGKILL');
      await pause(API_DOWN_MS, 'the API is down for so long');
      api = startApi();
    }
    await writing;
    await telegram.until(() => telegram.undelivered === 0, 300_000);
    expect(await bot.end()).toBe(0);

    await api.ready();
    const rows = await database.query<{ id: number; origin: string; description: string; files: number }>(
      `SELECT id, origin, description,
         (SELECT count(*)::int FROM attachments WHERE incident_id = incidents.id) AS files
       FROM incidents ORDER BY id`,
    );
    const kept = [];
    for (const { id, origin, description, files: count } of rows) {
      const files: string[] = [];
      for (let number = 1; number <= count; number++) {
        const url = `${API_URL}/api/v1/incidents/${id}/attachments/${number}`;
        const response = await fetch(url, { headers: { 'X-Access-Key': 'key' } });
        files.push(digestOf(new Uint8Array(await response.arrayBuffer())));
      }
      kept.push({ origin, description, files });
    }
    expect(kept).toEqual(expected);
  }, 400_000);
});
