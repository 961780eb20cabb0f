import { ChatNotices } from '../../support/chat-notices.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { untilPlaced } from '../../support/feed.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';
import { CHAT, TestTelegram, TOKEN } from '../../support/telegram.js';
import { until } from '../../support/until.js';

const OVERDUE = 500;
/** What a person may still read of so many incidents. */
const MAX_MESSAGES = 12;

const HEADERS = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };
const SCOPE = `tg:${CHAT}`;

describe('a chat', () => {
  let database: TestDatabase;
  let telegram: TestTelegram;
  let apiUrl: string;
  let bot: Run;

  const startBot = async () => {
    bot = run('bot', {
      API_URL: apiUrl,
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_CHAT_ID: String(CHAT),
      TELEGRAM_API_ROOT: telegram.url,
      BOT_LANGUAGE: 'en',
      BOT_PORT: '0',
      TELEGRAM_MESSAGES_PER_MINUTE: '20',
    });
    await bot.ready();
    // It tells what happens from the first time on that it has read the position.
    const hasPosition = `SELECT FROM feed_consumers WHERE name = 'chat.tg.${CHAT}'`;
    await until(async () => (await database.query(hasPosition)).length > 0);
  };
  const request = async <Body = any>(method: string, path: string, json?: object): Promise<Body> => {
    const response = await fetch(`${apiUrl}/api/v1${path}`, {
      method,
      headers: HEADERS,
      ...(json && { body: JSON.stringify(json) }),
    });
    expect(response.ok).toBe(true);
    return (await response.json()) as Body;
  };
  const report = async (message: number, description: string): Promise<number> => {
    const incident = { description, source: 'operator', origin: `${SCOPE}:${message}` };
    return (await request<{ id: number }>('POST', '/incidents', incident)).id;
  };
  const move = async (id: number, ...statuses: string[]) => {
    for (const status of statuses) await request('PATCH', `/incidents/${id}`, { status });
  };
  const historyOf = (id: number) => request<object[]>('GET', `/incidents/${id}/events`);
  /** Resolves once the chat was notified of all events, and the bot has stored that. */
  const untilTold = async () => {
    await untilPlaced(database);
    await until(async () => (await request('GET', `/consumers/chat.tg.${CHAT}`)).lag === 0, {
      timeoutMs: 60_000,
    });
  };
  const aDayPasses = () =>
    database.query(`
      ALTER TABLE incident_events DISABLE TRIGGER incident_events_append_only;
      UPDATE incident_events SET at = at - interval '1 day';
      ALTER TABLE incident_events ENABLE TRIGGER incident_events_append_only`);
  const incidentsWithReminders = async () =>
    (
      await database.query<{ count: number }>(
        `SELECT count(DISTINCT incident_id)::int FROM incident_events WHERE type = 'reminded'`,
      )
    )[0]!.count;

  beforeEach(async () => {
    database = await aDatabase();
    telegram = await TestTelegram.start();
    apiUrl = await run('api', { DATABASE_URL: database.url }).ready();
    await startBot();
  });
  afterEach(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
  });

  it(`is reminded of ${OVERDUE} incidents that become overdue at once by a few messages`, async () => {
    await request('PUT', `/policies/${SCOPE}`, { take_within: '1s' });
    const notices = new ChatNotices(telegram);
    const lines = Array.from({ length: OVERDUE }, (_, n) =>
      JSON.stringify({
        description: `Scooter ${n} is offline`,
        source: 'operator',
        origin: `${SCOPE}:${n + 1}`,
      }),
    );
    const response = await fetch(`${apiUrl}/api/v1/incidents`, {
      method: 'POST',
      headers: { ...HEADERS, 'Content-Type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    expect((await response.text()).trim().split('\n')).toHaveLength(OVERDUE);
    await until(async () => (await incidentsWithReminders()) === OVERDUE);
    await request('PUT', `/policies/${SCOPE}`, {});
    await untilTold();
    const messages = notices.messages(CHAT);
    expect(messages.length).toBeGreaterThan(0);
    expect(messages.length).toBeLessThanOrEqual(MAX_MESSAGES);
    // They name those that have waited for longest, and count the others.
    expect(messages).toContainEqual(
      expect.stringMatching(/^#\d+ ⏰ Scooter \d+ is offline\n#\d+ ⏰ [^]*, and on \d+ more: \/untaken$/),
    );
  });

  it('is notified of each incident only as it stands after a day without the bot', async () => {
    await request('PUT', `/policies/${SCOPE}`, { take_within: '1s' });
    const untaken = await report(1, 'Scooter 1 is offline');
    const taken = await report(2, 'Scooter 2 is offline');
    const reopened = await report(3, 'Scooter 3 is offline');
    const closed = await report(4, 'Scooter 4 is offline');
    await bot.end();
    // Meanwhile people are reminded of all of them several times.
    await until(async () => (await historyOf(untaken)).length > 3);
    await move(taken, 'IN_PROGRESS');
    await move(reopened, 'IN_PROGRESS', 'RESOLVED', 'IN_PROGRESS', 'RESOLVED', 'IN_PROGRESS');
    await move(closed, 'IN_PROGRESS', 'RESOLVED', 'CLOSED');
    await request('PUT', `/policies/${SCOPE}`, {});
    await aDayPasses();

    const notices = new ChatNotices(telegram);
    await startBot();
    await untilTold();
    const kindsOf = (id: number) => notices.of(id).map(({ kind }) => kind);
    expect(kindsOf(untaken)).toEqual(['reminder']);
    expect(kindsOf(taken)).toEqual(['taken']);
    expect(kindsOf(reopened)).toEqual(['reopened']);
    expect(kindsOf(closed)).toEqual(['closed']);
    expect(notices.messages(CHAT)).toHaveLength(1);
  });
});
