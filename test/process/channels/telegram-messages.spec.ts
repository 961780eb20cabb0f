import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';
import { type BotMessage, CHAT, TestTelegram, TOKEN } from '../../support/telegram.js';

const HEADERS = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
const CHANNEL = { id: -1002, type: 'channel', title: 'News' };
const OTHER_CHANNEL = { id: -1003, type: 'channel', title: 'Other' };
const OLD_GROUP = -700;

describe('messages in a chat', () => {
  let database: TestDatabase;
  let telegram: TestTelegram;
  let apiUrl: string;
  let bot: Run;
  let botUrl: string;

  const startBot = async (chats: readonly number[] = [CHAT, CHANNEL.id]) => {
    bot = run('bot', {
      API_URL: apiUrl,
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_CHAT_ID: chats.join(','),
      TELEGRAM_API_ROOT: telegram.url,
      BOT_LANGUAGE: 'en',
      BOT_PORT: '0',
    });
    botUrl = await bot.ready();
  };
  const restartBot = async (chats?: readonly number[]) => {
    await bot.end();
    await startBot(chats);
  };
  const incidents = () =>
    database.query<{ id: number; description: string; status: string; source: string; origin: string }>(
      'SELECT id, description, status, source, origin FROM incidents ORDER BY id',
    );
  const descriptions = async () => (await incidents()).map(({ description }) => description);
  const newest = async () => (await incidents()).at(-1)!;
  const actors = async (id: number) => {
    const answer = await fetch(`${apiUrl}/api/v1/incidents/${id}/events`, { headers: HEADERS });
    return ((await answer.json()) as { actor: string }[]).map(({ actor }) => actor);
  };
  const idIn = ({ text }: BotMessage) => Number(/^#(\d+)/.exec(text)![1]);
  const ask = async (text: string | undefined, more: object = {}) =>
    telegram.reply(await telegram.write(text, more));
  /** Updates are handled in order: this reply shows that all earlier updates are handled. */
  const untilHandled = () => ask('/help');
  const post = (message_id: number, text: string, chat: object = CHANNEL) =>
    telegram.deliver({ channel_post: { message_id, chat, sender_chat: chat, date: 1, text } as never });
  const forwardOfPost = (message_id: number, text: string, chat = CHANNEL) => ({
    message_id: message_id + 1_000,
    from: { id: 777_000, is_bot: false, first_name: 'Telegram' },
    sender_chat: chat,
    chat: { id: CHAT, type: 'supergroup', title: 'chat' },
    date: 1,
    forward_origin: { type: 'channel', chat, message_id, date: 1 },
    is_automatic_forward: true,
    text,
  });

  beforeAll(async () => {
    database = await aDatabase();
    apiUrl = await run('api', { DATABASE_URL: database.url }).ready();
    telegram = await TestTelegram.start();
    await startBot();
  });
  afterAll(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
  });

  it('are reported with a description if they have no text; service messages are ignored', async () => {
    const before = (await incidents()).length;
    const file = telegram.files.add(Buffer.from('photo'));
    await ask(undefined, { photo: [{ ...file, width: 1, height: 1 }] });
    await ask(undefined, { location: { latitude: 55.75, longitude: 37.61 } });
    await ask(undefined, { poll: { question: 'Who?', options: [{ text: 'Me', voter_count: 0 }] } });
    await telegram.write(undefined, { pinned_message: { message_id: 1, date: 1 } });
    await untilHandled();
    expect((await descriptions()).slice(before)).toEqual([
      'Photo without caption',
      'Location: 55.75, 37.61\nhttps://www.openstreetmap.org/?mlat=55.75&mlon=37.61#map=17/55.75/37.61',
      'Poll: Who?\n– Me',
    ]);
  });

  it('of an album are one report, whichever of them has a caption', async () => {
    const before = (await incidents()).length;
    const photo = (media_group_id: string, caption?: string) => ({ photo: [], media_group_id, caption });
    const first = await telegram.write(undefined, photo('13'));
    await telegram.write(undefined, photo('13', 'Broken window'));
    await telegram.write(undefined, photo('13'));
    const second = await telegram.write(undefined, photo('14', 'Broken door'));
    await telegram.write(undefined, photo('14'));
    await restartBot();
    await telegram.write(undefined, photo('14'));
    await untilHandled();
    expect((await descriptions()).slice(before)).toEqual([
      'Photo without caption\nBroken window',
      'Broken door',
    ]);
    expect((await incidents()).slice(before).map(({ origin }) => origin)).toEqual([
      `tg:${CHAT}:${first}`,
      `tg:${CHAT}:${second}`,
    ]);
    const replies = telegram.said().filter(({ replyTo = 0 }) => replyTo >= first);
    expect(replies.filter(({ text }) => text.startsWith('#'))).toHaveLength(3);
    const reply = await telegram.replyToPerson(second + 1, 'and the lock', {
      photo: [],
      media_group_id: '14',
    });
    await telegram.reply(reply);
    expect((await newest()).description).toBe('Broken door\nand the lock');
  });

  it('are reported with links and the author of a forwarded message, whose commands are not executed', async () => {
    const entities = [{ type: 'text_link', offset: 3, length: 3, url: 'https://a.example/' }];
    const id = idIn(await ask('🔥 log', { entities }));
    expect((await newest()).description).toBe('🔥 log (https://a.example/)');
    const forward_origin = { type: 'hidden_user', sender_user_name: 'Anna', date: 1 };
    await ask(`#${id} closed`, { forward_origin });
    expect(await newest()).toMatchObject({
      description: `Forwarded from Anna:\n#${id} closed`,
      status: 'NEW',
    });
    expect((await incidents()).find((each) => each.id === id)!.status).toBe('NEW');
  });

  it('act on the incident of the message that they reply to, even after a restart', async () => {
    const text = 'Door 7';
    const message = await telegram.write(text);
    const id = idIn(await telegram.reply(message));
    const added = await telegram.reply(await telegram.replyToPerson(message, 'the lock is broken', { text }));
    expect(idIn(added)).toBe(id);
    await restartBot();
    const done = await telegram.reply(await telegram.replyToPerson(message, '#done', { text }));
    expect(done.text).toContain(`#${id} · RESOLVED`);
    expect(await newest()).toMatchObject({
      id,
      description: 'Door 7\nthe lock is broken',
      status: 'RESOLVED',
    });

    // A reply to a message that is no report is a report itself.
    const before = (await incidents()).length;
    await telegram.reply(await telegram.replyToPerson(900_000, 'Till 8', { text: '/list' }));
    const topic = { forum_topic_created: { name: 'a', icon_color: 1 } };
    await telegram.reply(await telegram.replyToPerson(message, 'Till 9', topic));
    expect((await descriptions()).slice(before)).toEqual(['Till 8', 'Till 9']);
  });

  it('may start with a mention of the bot; commands to other bots are ignored, and paths are no commands', async () => {
    const before = (await incidents()).length;
    expect((await ask('@TestNameBot /list')).text).toContain('Incidents that are not closed');
    expect((await ask('@testnamebot: till 3')).text).toContain('NEW');
    const others = new Set([
      await telegram.write('/start@other_bot'),
      await telegram.write('@other_bot /start'),
    ]);
    expect((await ask('/dev/sda1 is full')).text).toContain('NEW');
    expect((await ask('/var/log is full')).text).toContain('NEW');
    expect((await ask('/dance')).text).toBe(
      'There is no command /dance. A report does not begin with a slash. All commands: /help',
    );
    expect((await descriptions()).slice(before)).toEqual(['till 3', '/dev/sda1 is full', '/var/log is full']);
    expect(telegram.said().filter(({ replyTo }) => others.has(replyTo!))).toEqual([]);
  });

  it('are one report if Telegram copies a post of a channel into its discussion group', async () => {
    const before = (await incidents()).length;
    post(10, 'Till 1');
    telegram.deliver({ message: forwardOfPost(10, 'Till 1') as never });
    // A channel that the bot does not serve delivers only this copy.
    telegram.deliver({ message: forwardOfPost(11, 'Till 2', OTHER_CHANNEL) as never });
    telegram.deliver({ message: forwardOfPost(11, 'Till 2', OTHER_CHANNEL) as never });
    await untilHandled();
    expect((await incidents()).slice(before)).toMatchObject([
      { description: 'Till 1', origin: `tg:${CHANNEL.id}:10` },
      { description: 'Till 2', origin: `tg:${CHAT}:1011` },
    ]);
    const comment = await telegram.replyToPerson(1_010, 'fixed', forwardOfPost(10, 'Till 1'));
    expect((await telegram.reply(comment)).text).toContain('RESOLVED');
    const [incident] = (await incidents()).slice(before);
    expect(await actors(incident!.id)).toEqual([
      'telegram:-1002 News',
      'telegram:7 TestName',
      'telegram:7 TestName',
    ]);
  });

  it('show no name after a button press of an anonymous administrator, or if Telegram does not respond', async () => {
    const becomes = (reply: BotMessage, text: string) =>
      telegram.until(() => telegram.said().find((said) => said.id === reply.id && said.text.includes(text)));
    const reply = await ask('Button');
    const id = idIn(reply);
    telegram.anonymous.add(8);
    telegram.press(reply, `take:${id}`);
    expect((await becomes(reply, 'IN_PROGRESS')).text).toContain('Changed by chat');
    telegram.anonymous.delete(8);
    telegram.fail('getChatMember', {
      times: 1,
      status: 400,
      body: { ok: false, error_code: 400, description: 'x' },
    });
    telegram.press(reply, `resolve:${id}`);
    expect((await becomes(reply, 'RESOLVED')).text).toContain('Changed by chat');
    telegram.press(reply, `close:${id}`);
    expect((await becomes(reply, 'CLOSED')).text).toContain('Changed by Анна');
    expect(await actors(id)).toEqual([
      'telegram:7 TestName',
      `telegram:${CHAT} chat`,
      `telegram:${CHAT} chat`,
      'telegram:8 Анна',
    ]);
  });

  it('are reported after a group has become a supergroup, announced or not, and after a restart', async () => {
    const details = async () =>
      ((await (await fetch(`${botUrl}/health/ready`)).json()) as { details: any }).details;
    const said = (chat: number, text: string) =>
      telegram.until(() => telegram.said(chat).find((each) => each.text.includes(text)));
    const group = (id: number) => ({ id, type: 'group', title: 'g' });
    const before = (await incidents()).length;

    // First the new chat announces the migration, then only the error response to a message to the old chat.
    await restartBot([CHAT, OLD_GROUP]);
    telegram.deliver({
      message: { message_id: 1, chat: group(-1_700), date: 1, migrate_from_chat_id: OLD_GROUP } as never,
    });
    telegram.migrated.set(OLD_GROUP, -1_700);
    await telegram.write('in the supergroup', {}, -1_700);
    await said(-1_700, 'NEW');
    await telegram.write('still in the group', {}, OLD_GROUP);
    await telegram.until(() => telegram.said(-1_700).length === 2);

    // After a restart with the old id, from the first update on.
    await bot.end();
    await telegram.write('while the bot was down', {}, -1_700);
    await startBot([CHAT, OLD_GROUP]);
    await telegram.until(() => telegram.said(-1_700).length === 3);
    await telegram.until(() => bot.output().includes('set TELEGRAM_CHAT_ID to -1700') || undefined);
    expect(await details()).not.toHaveProperty('chats');
    expect((await descriptions()).slice(before)).toEqual([
      'in the supergroup',
      'still in the group',
      'while the bot was down',
    ]);

    // Nothing announces the new id.
    telegram.migrated.delete(OLD_GROUP);
    telegram.closed.add(OLD_GROUP);
    await restartBot([CHAT, OLD_GROUP]);
    expect((await fetch(`${botUrl}/health/ready`)).status).toBe(503);
    await telegram.until(() => bot.output().includes('is unreachable') || undefined);
    expect((await details()).chats.message).toContain('set TELEGRAM_CHAT_ID');
    telegram.closed.delete(OLD_GROUP);
    await telegram.write('it is back', {}, OLD_GROUP);
    await said(OLD_GROUP, 'NEW');
    expect(await details()).not.toHaveProperty('chats');
  }, 60_000);

  it('are quarantined if the API fails on them, block no others, and can be retried', async () => {
    await restartBot();
    await database.query(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.description LIKE '%poison%' THEN RAISE EXCEPTION 'a bug'; END IF; RETURN NEW; END $$`);
    await database.query(
      'CREATE TRIGGER fail BEFORE INSERT ON incidents FOR EACH ROW EXECUTE FUNCTION fail()',
    );
    const before = (await incidents()).length;
    const poison = await telegram.write('[monitoring] poison');
    const behind = await telegram.write('behind it');
    expect((await telegram.reply(poison, 30_000)).text).toContain('kept in the quarantine');
    expect((await telegram.reply(behind)).text).toContain('NEW');
    expect((await descriptions()).slice(before)).toEqual(['behind it']);
    await telegram.until(() => telegram.undelivered === 0);

    const quarantine = `${apiUrl}/api/v1/quarantine`;
    const messages = (await (await fetch(quarantine, { headers: HEADERS })).json()) as any[];
    expect(messages).toMatchObject([
      {
        channel: 'telegram',
        reference: `tg:${CHAT}:${poison}`,
        reason: 'the API has failed on it 5 times (500 service.internal-error)',
        preview: `{"description":"poison","source":"monitoring","origin":"tg:${CHAT}:${poison}"}`,
      },
    ]);
    const retry = () => fetch(`${quarantine}/${messages[0].id}/retry`, { method: 'POST', headers: HEADERS });
    expect((await retry()).status).toBe(500);
    await database.query('DROP TRIGGER fail ON incidents');
    expect((await retry()).status).toBe(200);
    const origin = `tg:${CHAT}:${poison}`;
    expect(await newest()).toMatchObject({ description: 'poison', source: 'monitoring', origin });
    expect(await actors((await newest()).id)).toEqual(['telegram:7 TestName']);

    // The bot finds it, and a redelivered update does not duplicate it.
    const count = (await incidents()).length;
    const again = { message_id: poison, chat: { id: CHAT, type: 'supergroup', title: 'chat' }, date: 1 };
    const from = { id: 7, is_bot: false, first_name: 'TestName' };
    telegram.deliver({ message: { ...again, from, text: '[monitoring] poison' } as never });
    const done = await telegram.replyToPerson(poison, 'fixed', { text: '[monitoring] poison' });
    expect((await telegram.reply(done)).text).toContain('RESOLVED');
    expect((await incidents()).length).toBe(count);
  }, 60_000);
});
