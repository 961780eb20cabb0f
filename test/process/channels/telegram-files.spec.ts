import { randomBytes } from 'node:crypto';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { aPort } from '../../support/ports.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';
import { BOT_ID, type BotMessage, CHAT, TestTelegram, TOKEN } from '../../support/telegram.js';
import { until } from '../../support/until.js';

const HEADERS = { 'X-Access-Key': 'key' };
const DESCRIBE = 'What has happened? Describe it in a reply to this message.';

interface ListedFile {
  readonly number: number;
  readonly name: string;
  readonly actor: string;
  readonly channel: string;
}

describe('files in a chat', () => {
  let database: TestDatabase;
  let telegram: TestTelegram;
  let port: string;
  let apiUrl: string;
  let api: Run;
  let bot: Run;
  let botUrl: string;

  const startApi = async (environment: Record<string, string> = {}) => {
    api = run('api', { DATABASE_URL: database.url, PORT: port, ...environment });
    apiUrl = await api.ready();
  };
  const startBot = async () => {
    bot = run('bot', {
      API_URL: apiUrl,
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_CHAT_ID: String(CHAT),
      TELEGRAM_API_ROOT: telegram.url,
      BOT_LANGUAGE: 'en',
      BOT_PORT: '0',
    });
    botUrl = await bot.ready();
  };
  const restartBot = async () => {
    await bot.end();
    await startBot();
  };
  const get = async (path: string) => fetch(`${apiUrl}/api/v1/incidents${path}`, { headers: HEADERS });
  const filesOf = async (id: number) => (await (await get(`/${id}/attachments`)).json()) as ListedFile[];
  const namesOf = async (id: number) => (await filesOf(id)).map(({ name }) => name);
  const bytesOf = async (id: number, number: number) =>
    Buffer.from(await (await get(`/${id}/attachments/${number}`)).arrayBuffer());
  const descriptionOf = async (id: number) =>
    ((await (await get(`/${id}`)).json()) as { description: string }).description;
  const count = async () =>
    (await database.query<{ count: number }>('SELECT count(*)::int FROM incidents'))[0]!.count;
  const idIn = ({ text }: BotMessage) => Number(/^#(\d+)/.exec(text)![1]);
  const ask = async (caption: string | undefined, more: object) =>
    telegram.reply(await telegram.write(undefined, { caption, ...more }), 30_000);
  const photo = (bytes: Buffer, caption?: string) => {
    const small = { ...telegram.files.add(Buffer.from('a thumbnail')), width: 90, height: 90 };
    const large = { ...telegram.files.add(bytes), width: 1_280, height: 960 };
    return { photo: [small, large], caption };
  };
  const metric = async (line: string) => {
    const text = await (await fetch(`${botUrl}/metrics`)).text();
    return text.split('\n').find((each) => each.startsWith(`${line} `));
  };
  /** Updates are handled in order: this reply shows that all earlier updates are handled. */
  const untilHandled = async () => telegram.reply(await telegram.write('/help'), 30_000);

  beforeAll(async () => {
    database = await aDatabase();
    port = String(await aPort());
    await startApi();
    telegram = await TestTelegram.start();
    await startBot();
  });
  afterAll(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
  });

  it('are stored with the report of their message: of a photo the largest size, byte by byte', async () => {
    const bytes = randomBytes(700_000);
    const reply = await ask('Wheel | source=partner', photo(bytes, 'Wheel | source=partner'));
    const id = idIn(reply);
    expect(reply.text).toBe(`#${id} · NEW — new`);
    expect(await descriptionOf(id)).toBe('Wheel');
    expect(await filesOf(id)).toMatchObject([
      { number: 1, name: 'photo.jpg', actor: 'telegram:7 TestName', channel: 'telegram' },
    ]);
    expect((await bytesOf(id, 1)).equals(bytes)).toBe(true);
    expect(await metric('bot_files_total{outcome="attached"}')).toMatch(/ 1$/);
  });

  it('without a caption are reports, and the bot asks for a description, which a reply adds', async () => {
    const reply = await ask(undefined, photo(randomBytes(1_000)));
    const id = idIn(reply);
    expect(reply.text).toBe(`#${id} · NEW — new\n${DESCRIBE}`);
    await telegram.reply(await telegram.replyTo(reply, 'The front wheel is bent'));
    expect(await descriptionOf(id)).toBe('Photo without caption\nThe front wheel is bent');
    expect(await namesOf(id)).toEqual(['photo.jpg']);
  });

  it('of every kind are stored, under the names that their senders gave', async () => {
    const file = () => telegram.files.add(randomBytes(100));
    const clip = { width: 1, height: 1, duration: 5 };
    const kinds: readonly (readonly [string, object])[] = [
      ['voice.ogg', { voice: { ...file(), duration: 5 } }],
      ['video.mp4', { video_note: { ...file(), duration: 5, length: 1 } }],
      ['гудок.mp3', { audio: { ...file(), duration: 5, file_name: 'гудок.mp3' } }],
      ['a "b".gif.mp4', { animation: { ...file(), ...clip, file_name: 'a "b".gif.mp4' } }],
      ['касса 3.log', { document: { ...file(), file_name: 'касса 3.log' } }],
      ['video.mp4', { video: { ...file(), ...clip } }],
    ];
    for (const [name, content] of kinds) {
      const reply = await ask(undefined, content);
      expect([name, await namesOf(idIn(reply))]).toEqual([name, [name]]);
      expect((await bytesOf(idIn(reply), 1)).length).toBe(100);
    }
  }, 60_000);

  it('of an album are attached to one report, whenever the bot is restarted between them', async () => {
    const before = await count();
    const photos = Array.from({ length: 4 }, () => randomBytes(5_000));
    const part = (n: number, caption?: string) => ({ ...photo(photos[n]!, caption), media_group_id: '77' });
    const first = await telegram.write(undefined, part(0));
    await telegram.write(undefined, part(1));
    await untilHandled();
    await restartBot();
    const captioned = await telegram.write(undefined, part(2, 'Broken window'));
    const last = await telegram.write(undefined, part(3));
    await untilHandled();

    const id = idIn(await telegram.reply(first));
    expect(await count()).toBe(before + 1);
    expect(await descriptionOf(id)).toBe('Photo without caption\nBroken window');
    expect(await filesOf(id)).toHaveLength(4);
    for (const [n, bytes] of photos.entries()) expect((await bytesOf(id, n + 1)).equals(bytes)).toBe(true);
    // The first message is answered with the question, the caption with a confirmation, the others are not.
    const answered = telegram
      .said()
      .filter(({ replyTo = 0, text }) => replyTo >= first && replyTo <= last && text.startsWith('#'));
    expect(answered.map(({ replyTo, text }) => [replyTo, text.split('\n').at(-1)])).toEqual([
      [first, DESCRIBE],
      [captioned, 'Added to the description.'],
    ]);
  }, 60_000);

  it('are attached to the incident that their message replies to, or names', async () => {
    const reply = await ask('Till 3', photo(randomBytes(10), 'Till 3'));
    const id = idIn(reply);
    const before = await count();
    const from = { id: BOT_ID, is_bot: true, first_name: 'bot' };
    const inReply = { reply_to_message: { message_id: reply.id, text: reply.text, from } };

    const attached = await ask(undefined, { ...photo(randomBytes(10)), ...inReply });
    expect(attached.text).toBe(`#${id} · NEW — new\nThe file is attached.`);
    expect(await descriptionOf(id)).toBe('Till 3');

    const done = await ask('fixed new paper', { ...photo(randomBytes(10), 'fixed new paper'), ...inReply });
    expect(done.text).toContain(`#${id} · RESOLVED`);
    expect(await descriptionOf(id)).toBe('Till 3\nnew paper');

    // Only the first message of an album has the caption.
    const named = `#${id} the receipts`;
    await telegram.write(undefined, { ...photo(randomBytes(10), named), media_group_id: '78' });
    await telegram.write(undefined, { ...photo(randomBytes(10)), media_group_id: '78' });
    await untilHandled();
    expect(await filesOf(id)).toHaveLength(5);
    expect(await count()).toBe(before);
  }, 60_000);

  it('are kept where the caption is a command that is about no incident', async () => {
    const id = idIn(await ask('/list', photo(randomBytes(10), '/list')));
    expect(await descriptionOf(id)).toBe('/list');
    expect(await filesOf(id)).toHaveLength(1);
  });

  it('are attached to a report that is the edit of a rejected message', async () => {
    const bytes = randomBytes(1_000);
    const content = photo(bytes, '#99999 done');
    const message = await telegram.write(undefined, content);
    expect((await telegram.reply(message)).text).toBe('There is no incident 99999.');
    telegram.edit(message, undefined, 10, { ...content, caption: 'Till 9' });
    const replies = () => telegram.said().filter(({ replyTo }) => replyTo === message);
    await telegram.until(() => replies().length === 2);
    const id = idIn(replies()[1]!);
    expect(await descriptionOf(id)).toBe('Till 9');
    expect((await bytesOf(id, 1)).equals(bytes)).toBe(true);
  });

  it('that cannot be stored are named in the chat and in the incident, and the text is reported', async () => {
    const tooLarge = telegram.files.add(Buffer.alloc(21 * 1024 * 1024));
    const large = await ask('Crash', { document: { ...tooLarge, file_name: 'core.bin' }, caption: 'Crash' });
    const remark = 'The file “core.bin” is not stored: it is larger than 20 MB.';
    expect(large.text).toBe(`#${idIn(large)} · NEW — new\n${remark}`);
    expect(await descriptionOf(idIn(large))).toBe(`Crash\n${remark}`);

    // Telegram need not say how large a file is.
    const { file_size: _, ...unsized } = tooLarge;
    expect((await ask('Crash', { document: { ...unsized, file_name: 'core.bin' } })).text).toContain(remark);

    const broken = Buffer.concat([Buffer.from('ffd8ffe000104a464946', 'hex'), Buffer.from('<html>')]);
    const unreadable = await ask('Sign', photo(broken, 'Sign'));
    expect(unreadable.text).toContain('“photo.jpg” is not stored: the image is broken or too large.');
    expect(await filesOf(idIn(unreadable))).toEqual([]);

    const gone = { file_id: 'gone', file_unique_id: 'gone', file_name: 'gone.txt' };
    const missing = await ask('Log', { document: gone, caption: 'Log' });
    expect(missing.text).toContain('“gone.txt” is not stored: Telegram does not provide it.');
    expect(await descriptionOf(idIn(missing))).toMatch(/^Log\nThe file “gone\.txt”/);
  }, 120_000);

  it('beyond what the access key may attach on one day are named, too, and hold up nothing', async () => {
    await api.end();
    await startApi({ ATTACHMENTS_DAILY_MIB: '1' });
    const full = await ask('Log', photo(randomBytes(15_000_000), 'Log'));
    expect(full.text).toContain('“photo.jpg” is not stored: the limit of files for today is reached.');
    expect((await telegram.reply(await telegram.write('Till 4'))).text).toContain('NEW');
    await api.end();
    await startApi();
  }, 60_000);

  it('are stored once and whole, though downloads break off and the API is killed', async () => {
    const before = await count();
    const bytes = randomBytes(19_000_000);
    const downloads = telegram.files.downloads.length;
    telegram.files.interrupt(2);
    const message = await telegram.write(undefined, photo(bytes, 'Large'));
    // The third one is whole.
    await until(() => telegram.files.downloads.length === downloads + 3);
    await api.end('SIGKILL');
    await startApi();
    const id = idIn(await telegram.reply(message, 60_000));
    await telegram.until(() => telegram.undelivered === 0, 60_000);
    expect(await count()).toBe(before + 1);
    expect(await filesOf(id)).toHaveLength(1);
    expect((await bytesOf(id, 1)).equals(bytes)).toBe(true);
  }, 180_000);
});
