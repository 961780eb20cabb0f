import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';
import { CHAT, TestTelegram, TOKEN } from '../../support/telegram.js';

const ADDED = 'The message was edited: its new text is added to the description.';

describe('edits of messages', () => {
  let database: TestDatabase;
  let telegram: TestTelegram;
  let apiUrl: string;
  let bot: Run;

  const startBot = () =>
    run('bot', {
      API_URL: apiUrl,
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_CHAT_ID: String(CHAT),
      TELEGRAM_API_ROOT: telegram.url,
      BOT_LANGUAGE: 'en',
      BOT_PORT: '0',
    });
  const restartBot = async () => {
    await bot.end();
    bot = startBot();
    await bot.ready();
  };
  const descriptionOf = async (id: number) =>
    (await database.query<{ description: string }>(`SELECT description FROM incidents WHERE id = ${id}`))[0]!
      .description;
  const incidents = async () =>
    (await database.query<{ count: number }>('SELECT count(*)::int FROM incidents'))[0]!.count;
  /** The replies to a message. Updates are handled in order: the reply to /help shows that all earlier ones are handled. */
  const repliesTo = async (message: number) => {
    await telegram.reply(await telegram.write('/help'));
    return telegram
      .said()
      .filter(({ replyTo }) => replyTo === message)
      .map(({ text }) => text);
  };
  const idIn = (text: string | undefined) => Number(/^#(\d+)/.exec(text ?? '')?.[1]);
  const report = async (text: string) => {
    const message = await telegram.write(text);
    return { message, id: idIn((await telegram.reply(message)).text) };
  };

  beforeAll(async () => {
    database = await aDatabase();
    apiUrl = await run('api', { DATABASE_URL: database.url }).ready();
    telegram = await TestTelegram.start();
    bot = startBot();
    await bot.ready();
  });
  afterAll(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
  });

  it('are appended even if an earlier line of the description is the same', async () => {
    const { message, id } = await report('Scooter #7\ndoes not start');
    telegram.edit(message, 'does not start', 10);
    expect((await repliesTo(message)).at(-1)).toBe(`#${id} · NEW — new\n${ADDED}`);
    telegram.edit(message, 'Scooter #7\ndoes not start', 20);
    telegram.edit(message, 'does not start', 10);
    telegram.edit(message, 'Scooter #7\ndoes not start', 20);
    await repliesTo(message);
    const description = 'Scooter #7\ndoes not start\ndoes not start\nScooter #7\ndoes not start';
    expect(await descriptionOf(id)).toBe(description);

    // No text has changed; a restarted bot derives that from the history.
    telegram.edit(message, 'Scooter #7\ndoes not start', 30);
    await restartBot();
    const before = await repliesTo(message);
    telegram.edit(message, 'Scooter #7\ndoes not start', 40);
    expect(await repliesTo(message)).toEqual(before);
    expect(await descriptionOf(id)).toBe(description);
    telegram.edit(message, 'does not start', 50);
    await repliesTo(message);
    expect(await descriptionOf(id)).toBe(`${description}\ndoes not start`);
  });

  it('are reported if the message was rejected', async () => {
    const before = await incidents();
    const message = await telegram.write('[monitoring]');
    await repliesTo(message);
    telegram.edit(message, '[monitoring] disk is full', 10);
    const replies = await repliesTo(message);
    const id = idIn(replies.at(-1));
    expect(replies.at(-1)).toBe(`#${id} · NEW — new`);
    telegram.edit(message, 'disk is full again', 20);
    await repliesTo(message);

    // The same updates are redelivered after a crash before their acknowledgement.
    await restartBot();
    telegram.edit(message, '[monitoring] disk is full', 10);
    telegram.edit(message, 'disk is full again', 20);
    await repliesTo(message);
    expect(await descriptionOf(id)).toBe('disk is full\ndisk is full again');
    expect(await incidents()).toBe(before + 1);
  });

  it('are appended if they add the first caption, and ignored if a live location moves', async () => {
    const photo = await telegram.write(undefined, { photo: [] });
    const id = idIn((await telegram.reply(photo)).text);
    telegram.edit(photo, undefined, 10, { photo: [], caption: 'disk is full' });
    await repliesTo(photo);
    expect(await descriptionOf(id)).toBe('Photo without caption\ndisk is full');

    const location = { latitude: 55.75, longitude: 37.61, live_period: 900 };
    const place = await telegram.write(undefined, { location });
    const replies = await repliesTo(place);
    telegram.edit(place, undefined, 10, { location: { ...location, latitude: 55.76 } });
    expect(await repliesTo(place)).toEqual(replies);
    expect(await descriptionOf(idIn(replies[0]))).not.toContain('55.76');
  });

  it('are appended if the message was appended, and are not executed if they are commands', async () => {
    const { id } = await report('Till 3');
    const addition = await telegram.write(`#${id} on the first floor`);
    await telegram.reply(addition);
    telegram.edit(addition, `#${id} on the second floor`, 10);
    expect((await repliesTo(addition)).at(-1)).toContain(ADDED);
    const command = await telegram.write(`#${id} taken`);
    await telegram.reply(command);
    telegram.edit(command, `#${id} fixed`, 10);
    expect((await repliesTo(command)).at(-1)).toBe(
      'The edit changes nothing. Send what you want as a new message.',
    );
    expect(await descriptionOf(id)).toBe('Till 3\non the first floor\non the second floor');
  });

  it('are not reported if the idempotency key of the message may have expired', async () => {
    const before = await incidents();
    telegram.edit(700_000, 'old', 1_000_000);
    expect(await repliesTo(700_000)).toEqual([
      'The edit changes nothing. Send what you want as a new message.',
    ]);
    expect(await incidents()).toBe(before);
  });
});
