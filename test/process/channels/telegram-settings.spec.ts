import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';
import { CHAT, TestTelegram, TOKEN } from '../../support/telegram.js';
import { until } from '../../support/until.js';

const HEADERS = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
const GROUP = -800;
const SUPERGROUP = -100_800;

describe('the settings of a chat', () => {
  let database: TestDatabase;
  let telegram: TestTelegram;
  let apiUrl: string;
  let bot: Run;

  const request = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${apiUrl}/api/v1${path}`, {
      method,
      headers: HEADERS,
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const policy = async (chat = CHAT) => (await request('GET', `/policies/tg:${chat}`)).body;
  /** The reply to a message. @param answeredIn the chat that the reply is in. */
  const ask = async (text: string, chat = CHAT, answeredIn = chat) => {
    const message = await telegram.write(text, {}, chat);
    const reply = () => telegram.said(answeredIn).find(({ replyTo }) => replyTo === message);
    return (await telegram.until(reply)).text;
  };

  beforeAll(async () => {
    database = await aDatabase();
    apiUrl = await run('api', { DATABASE_URL: database.url }).ready();
    telegram = await TestTelegram.start();
    // A key as the documentation says.
    const key = { name: 'bot', role: 'operator', can_impersonate: true };
    const { body } = await request('POST', '/keys', key);
    bot = run('bot', {
      API_URL: apiUrl,
      API_KEY: String(body['secret']),
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_CHAT_ID: `${CHAT},${GROUP}`,
      TELEGRAM_API_ROOT: telegram.url,
      BOT_LANGUAGE: 'en',
      BOT_PORT: '0',
    });
    await bot.ready();
  });
  afterAll(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
  });

  it('are shown before anybody has set one', async () => {
    expect(await ask('/remind')).toContain('every 15 minutes');
    expect(await ask('/quiet')).toContain('There are no quiet hours');
    expect(await ask('/duty')).toContain('Nobody is on duty');
    expect(await ask('/digest')).toContain('There is no daily digest');
    expect((await request('GET', '/policies')).body).toEqual([]);
  });

  it('are set by commands, each without touching the others', async () => {
    expect(await ask('/remind 20 min')).toContain('every 20 minutes');
    expect(await ask('/quiet 22:00-8:00 Europe/Moscow')).toContain('Quiet hours: 22:00-08:00 Europe/Moscow');
    expect(await ask('/duty @anna')).toContain('@anna is on duty');
    expect(await ask('/digest 9:00 Europe/Moscow')).toContain('every day: 09:00 Europe/Moscow');
    expect(await policy()).toEqual({
      scope: `tg:${CHAT}`,
      take_within: '20m',
      escalate_after: 3,
      remind_in_progress_after: null,
      quiet_hours: '22:00-08:00 Europe/Moscow',
      on_duty: '@anna',
      escalate_to: null,
      digest_at: '09:00 Europe/Moscow',
    });
    expect(await ask('/duty')).toContain('@anna is on duty');
  });

  it('keep what an administrator has set', async () => {
    await request('PATCH', `/policies/tg:${CHAT}`, { escalate_to: 'tg:-100999', escalate_after: 5 });
    expect(await ask('/duty @boris')).toContain('after 5 reminders');
    expect(await ask('/quiet off')).toContain('There are no quiet hours');
    expect(await policy()).toMatchObject({
      escalate_to: 'tg:-100999',
      escalate_after: 5,
      quiet_hours: null,
      on_duty: '@boris',
    });
  });

  it('stay as they are after a wrong command, which is answered with an example', async () => {
    const before = await policy();
    expect(await ask('/remind often')).toContain('/remind 15m');
    expect(await ask('/quiet 22:00-08:00 MSK')).toContain('/quiet 22:00-08:00 Europe/Moscow');
    expect(await ask('/digest 9')).toContain('/digest 09:00 Europe/Moscow');
    expect(await policy()).toEqual(before);
  });

  it('are those of the chat where the command is', async () => {
    expect(await ask('/remind off', GROUP)).toContain('does not remind');
    expect(await policy(GROUP)).toMatchObject({ take_within: null });
    expect(await policy()).toMatchObject({ take_within: '20m' });
  });

  it('of a group that has become a supergroup are those of the supergroup', async () => {
    const migration = { chat: { id: GROUP, type: 'group', title: 'old' }, date: 1, message_id: 800 };
    const from = { id: 7, is_bot: false, first_name: 'TestName' };
    telegram.deliver({ message: { ...migration, from, migrate_to_chat_id: SUPERGROUP } as never });
    telegram.migrated.set(GROUP, SUPERGROUP);
    await until(async () => (await policy(SUPERGROUP))['take_within'] === null, { timeoutMs: 10_000 });
    expect(await ask('/remind', SUPERGROUP)).toContain('does not remind');
    expect(await ask('/remind 5m', SUPERGROUP)).toContain('every 5 minutes');
    // A message that was written in the group before.
    await ask('/quiet 22:00-08:00 UTC', GROUP, SUPERGROUP);
    expect(await policy(SUPERGROUP)).toMatchObject({ take_within: '5m', quiet_hours: '22:00-08:00 UTC' });
    expect(await policy(GROUP)).toMatchObject({ take_within: null, quiet_hours: null });
  });
});
