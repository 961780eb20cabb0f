import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';
import { type BotMessage, CHAT, TestTelegram, TOKEN } from '../../support/telegram.js';

const HEADERS = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
const SECOND_CHAT = -1002;

describe('what the Telegram bot says unasked', () => {
  let database: TestDatabase;
  let telegram: TestTelegram;
  let api: Run;
  let bot: Run;
  let apiUrl: string;

  const startBot = async () => {
    bot = run('bot', {
      API_URL: apiUrl,
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_CHAT_ID: `${CHAT},${SECOND_CHAT}`,
      TELEGRAM_API_ROOT: telegram.url,
      BOT_LANGUAGE: 'en',
      BOT_PORT: '0',
    });
    await bot.ready();
  };
  const request = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${apiUrl}/api/v1${path}`, {
      method,
      headers: { ...HEADERS, 'X-Actor': 'Boris' },
      body: body && JSON.stringify(body),
    });
    expect(response.ok).toBe(true);
    return (await response.json()) as any;
  };
  const change = (id: number, body: object) => request('PATCH', `/incidents/${id}`, body);
  const setPolicy = (chat: number, body: object) => request('PUT', `/policies/tg:${chat}`, body);
  /** Reports by a message. */
  const report = async (text: string) => {
    const message = await telegram.write(text);
    const reply = await telegram.reply(message);
    return { message, id: Number(/^#(\d+)/.exec(reply.text)![1]) };
  };
  /** Waits for a message of the bot with this text. */
  const notice = async (text: string, chat = CHAT): Promise<BotMessage> =>
    telegram.until(() => telegram.said(chat).findLast((message) => message.text.includes(text)), 20_000);
  const count = (text: string) => telegram.said().filter((message) => message.text.includes(text)).length;

  beforeAll(async () => {
    database = await aDatabase();
    api = run('api', { DATABASE_URL: database.url });
    apiUrl = await api.ready();
    telegram = await TestTelegram.start();
    await startBot();
    await telegram.until(() => telegram.requests.some(({ method }) => method === 'getUpdates'));
  });
  afterAll(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
  });

  it('tells a reporter once that the incident is taken, resolved, reopened and closed, also across a restart', async () => {
    const { message, id } = await report('Till 3 does not print');
    await change(id, { assignee: 'Boris' });
    expect(await notice('Boris works on it.')).toMatchObject({
      replyTo: message,
      buttons: [`resolve:${id}`, `release:${id}`],
    });
    await change(id, { status: 'RESOLVED' });
    expect(await notice('Resolved by Boris.')).toMatchObject({ replyTo: message });
    await bot.end('SIGTERM');
    await change(id, { status: 'IN_PROGRESS' });
    await startBot();
    expect(await notice('Reopened by Boris.')).toMatchObject({ replyTo: message });
    await change(id, { status: 'RESOLVED' });
    await change(id, { status: 'CLOSED' });
    expect(await notice('Closed by Boris.')).toMatchObject({ replyTo: message });
    expect([count('Boris works on it.'), count('Reopened by'), count('Closed by')]).toEqual([1, 1, 1]);
  });

  it('reminds until somebody presses the button, and asks how it goes', async () => {
    await setPolicy(CHAT, { take_within: '1s', remind_in_progress_after: '1s' });
    const { message, id } = await report('Scooter 7 does not start');
    const reminder = await notice('Nobody works on it.');
    expect(reminder).toMatchObject({ replyTo: message, buttons: [`take:${id}`] });
    telegram.press(reminder, `take:${id}`);
    const question = await notice('are you still working on it?');
    expect(question).toMatchObject({
      replyTo: message,
      buttons: [`working:${id}`, `resolve:${id}`, `release:${id}`],
    });
    telegram.press(question, `working:${id}`);
    await telegram.until(() =>
      telegram.requests.some(
        ({ method, payload }) =>
          method === 'editMessageText' && /still working/.test(payload['text'] as string),
      ),
    );
    await setPolicy(CHAT, {});
    await change(id, { status: 'RESOLVED' });
  });

  it('escalates to whoever is on duty, and to a second chat', async () => {
    await setPolicy(CHAT, {
      take_within: '1s',
      escalate_after: 1,
      on_duty: '@anna',
      escalate_to: `tg:${SECOND_CHAT}`,
    });
    const { message, id } = await report('The gate is stuck');
    expect(await notice('@anna')).toMatchObject({ replyTo: message });
    const elsewhere = await notice('The gate is stuck', SECOND_CHAT);
    expect(elsewhere.text).toMatch(new RegExp(`^#${id} · NEW`));
    await setPolicy(CHAT, {});
  });

  it('tells the reporter of a duplicate when its original is resolved', async () => {
    const original = await request('POST', '/incidents', {
      description: 'The lift is stuck',
      source: 'monitoring',
    });
    const { message, id } = await report('I am in the lift and it does not move');
    await change(id, { duplicate_of: original.id });
    expect(await notice(`When #${original.id} is resolved`)).toMatchObject({ replyTo: message });
    await change(original.id, { status: 'RESOLVED', via: 'shortest' });
    expect(await notice(`#${original.id} is resolved, which`)).toMatchObject({ replyTo: message });
  });

  it('tells the reporter of a duplicate of a duplicate as well', async () => {
    const aReport = (description: string) =>
      request('POST', '/incidents', { description, source: 'monitoring' });
    const [original, second] = [await aReport('No power'), await aReport('The pump stands still')];
    const { message, id } = await report('There is no water');
    await change(id, { duplicate_of: second.id });
    await change(second.id, { duplicate_of: original.id });
    await change(original.id, { status: 'RESOLVED', via: 'shortest' });
    expect(await notice(`#${original.id} is resolved, which`)).toMatchObject({ replyTo: message });
  });
});
