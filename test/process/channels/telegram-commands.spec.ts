import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { killLeftovers, run } from '../../support/processes.js';
import { type BotMessage, CHAT, TestTelegram, TOKEN } from '../../support/telegram.js';

const HEADERS = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };

describe('in a chat', () => {
  let database: TestDatabase;
  let telegram: TestTelegram;
  let apiUrl: string;

  const incident = async (id: number) =>
    (await fetch(`${apiUrl}/api/v1/incidents/${id}`, { headers: HEADERS })).json() as Promise<any>;
  const change = (id: number, update: object) =>
    fetch(`${apiUrl}/api/v1/incidents/${id}`, {
      method: 'PATCH',
      headers: HEADERS,
      body: JSON.stringify(update),
    });
  /** Writes a message, and resolves with the reply of the bot. */
  const ask = async (text: string) => telegram.reply(await telegram.write(text));
  /** Reports by a message, and resolves with the number of the incident. */
  const report = async (text: string) => {
    const reply = await ask(text);
    return { reply, id: Number(/^#(\d+)/.exec(reply.text)![1]) };
  };
  /** Waits until a message of the bot shows this text. */
  const becomes = ({ id }: BotMessage, text: string) =>
    telegram.until(() => telegram.said().find((said) => said.id === id && said.text.includes(text)));
  /** Presses a button, and resolves with the notice that Telegram shows. */
  const noticeOf = async (message: BotMessage, data: string): Promise<string | undefined> => {
    const notices = () => telegram.requests.filter(({ method }) => method === 'answerCallbackQuery');
    const before = notices().length;
    telegram.press(message, data);
    const { payload } = await telegram.until(() => notices()[before]);
    return payload['text'] as string | undefined;
  };

  beforeAll(async () => {
    database = await aDatabase();
    apiUrl = await run('api', { DATABASE_URL: database.url }).ready();
    telegram = await TestTelegram.start();
    await run('bot', {
      API_URL: apiUrl,
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_CHAT_ID: String(CHAT),
      TELEGRAM_API_ROOT: telegram.url,
      BOT_LANGUAGE: 'en',
      BOT_PORT: '0',
    }).ready();
  });
  afterAll(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
  });

  it('an incident is urgent by a command, and shown so', async () => {
    const { id } = await report('Fire in the kitchen');
    expect((await ask(`/urgent ${id}`)).text).toBe(`#${id} · NEW — new · ❗ urgent`);
    expect(await incident(id)).toMatchObject({ urgent: true });
    expect((await ask('/list')).text).toContain(`\n#${id} ❗ NEW Fire in the kitchen`);
    expect((await ask(`/show ${id}`)).text).toContain('❗');
    expect((await ask(`/urgent ${id} off`)).text).toBe(`#${id} · NEW — new\nNo longer urgent.`);
    expect(await incident(id)).toMatchObject({ urgent: false });
    await ask(`#${id} closed`);
    expect((await ask(`/urgent ${id}`)).text).toBe(`Incident ${id} is closed: this no longer changes.`);
    expect((await ask('/urgent 987654')).text).toBe('There is no incident 987654.');
    expect((await ask('/urgent soon')).text).toContain('/urgent 42 off');
  });

  it('people see what nobody works on, and what they work on', async () => {
    const [one, two] = [await report('Pump in the yard'), await report('Door of room nine')];
    const untaken = await ask('/untaken');
    expect(untaken.text).toContain(`\n#${one.id} NEW Pump in the yard · `);
    expect(untaken.text).toMatch(/room nine · \d+ s/);
    expect((await ask('/mine')).text).toBe('You work on no incident.');

    await ask(`#${one.id} taken`);
    expect((await ask('/untaken')).text).not.toContain(`#${one.id} `);
    expect((await ask('/mine')).text).toContain(`\n#${one.id} IN_PROGRESS Pump in the yard`);
    expect((await ask('/list')).text).toContain('Pump in the yard · TestName');
    expect((await ask(`/show ${one.id}`)).text).toMatch(/\nAssigned to TestName, taken \d{4}-.* UTC\n/);

    const released = await ask(`#${one.id} released: not my floor`);
    expect(released).toMatchObject({
      text: `#${one.id} · IN_PROGRESS — in progress`,
      buttons: [`take:${one.id}`, `resolve:${one.id}`],
    });
    expect(await incident(one.id)).toMatchObject({
      assignee: null,
      description: 'Pump in the yard\nnot my floor',
    });
    expect((await ask('/untaken')).text).toContain(`\n#${one.id} IN_PROGRESS Pump in the yard`);
    for (const { id } of [one, two]) await ask(`#${id} closed`);
  });

  it('an incident is taken and released by buttons, but not taken from others', async () => {
    const { id, reply } = await report('Window of the bakery');
    telegram.press(reply, `take:${id}`);
    const taken = await becomes(reply, 'IN_PROGRESS');
    expect(taken.buttons).toEqual([`resolve:${id}`, `release:${id}`]);
    expect(await incident(id)).toMatchObject({ assignee: 'telegram:8 Анна' });

    expect(await noticeOf(reply, `release:${id}`)).toBeUndefined();
    await telegram.until(
      () => telegram.said().find((said) => said.id === reply.id)!.buttons[0] === `take:${id}`,
    );
    expect(await incident(id)).toMatchObject({ assignee: null, status: 'IN_PROGRESS' });

    // It is IN_PROGRESS, and nobody works on it.
    expect(await noticeOf(reply, `take:${id}`)).toBeUndefined();
    expect(await incident(id)).toMatchObject({ assignee: 'telegram:8 Анна' });

    await change(id, { assignee: 'Boris' });
    expect(await noticeOf(reply, `take:${id}`)).toBe('It cannot be taken: Boris works on it.');
    expect((await ask(`#${id} taken, on my way`)).text).toContain(
      'It cannot be taken: Boris works on it. The text is added to the description.',
    );
    expect(await incident(id)).toMatchObject({
      assignee: 'Boris',
      description: 'Window of the bakery\non my way',
    });
    await ask(`#${id} closed`);
  });

  it('an incident is marked as a duplicate by a command, and refusals say why', async () => {
    const [original, duplicate] = [await report('Lamp at the gate'), await report('No light by the bench')];
    expect(await ask(`/duplicate ${duplicate.id} ${original.id}`)).toMatchObject({
      text: `#${duplicate.id} · CLOSED — closed\nDuplicate of #${original.id}`,
      buttons: [],
    });
    expect(await incident(original.id)).toMatchObject({ status: 'NEW', occurrences: 2 });
    expect((await ask(`/show ${duplicate.id}`)).text).toContain(`\nDuplicate of #${original.id}\n`);

    const { id: third } = await report('Ticket machine');
    expect((await ask(`/duplicate ${duplicate.id} ${third}`)).text).toBe(
      `Incident ${duplicate.id} is already a duplicate of incident ${original.id}.`,
    );
    expect((await ask(`/duplicate ${original.id} ${duplicate.id}`)).text).toBe(
      `Incident ${duplicate.id} is already a duplicate of incident ${original.id}.`,
    );
    expect((await ask(`/duplicate ${third} 987654`)).text).toBe('There is no incident 987654.');
    expect((await ask(`/duplicate 987654 ${third}`)).text).toBe('There is no incident 987654.');
    expect((await ask(`/duplicate ${third} ${third}`)).text).toContain('/duplicate 42 17');
  });

  it('a report that resembles an open incident is answered at once, and then offered as its duplicate', async () => {
    const { id: original } = await report('Самокат #77 не открывается');
    const { id, reply } = await report('самокат 77 не открывается!');
    expect(reply.text).toMatch(/^#\d+ · NEW — new/);
    const offered = await becomes(reply, 'Similar: ');
    expect(offered).toMatchObject({
      text: `#${id} · NEW — new\nSimilar: #${original} NEW Самокат #77 не открывается`,
      buttons: [`take:${id}`, `duplicate:${id}:${original}`],
    });
    telegram.press(offered, `duplicate:${id}:${original}`);
    expect(await becomes(reply, 'CLOSED')).toMatchObject({
      text: `#${id} · CLOSED — closed\nDuplicate of #${original}\nChanged by Анна`,
      buttons: [],
    });
    expect(await incident(id)).toMatchObject({ status: 'CLOSED', duplicate_of: original });

    // Another press of it changes nothing, and that of an outdated offer says why.
    expect(await noticeOf(reply, `duplicate:${id}:${original}`)).toBeUndefined();
    const { id: other } = await report('Coffee machine');
    expect(await noticeOf(reply, `duplicate:${id}:${other}`)).toBe(
      `Incident ${id} is already a duplicate of incident ${original}.`,
    );
  });

  it('statistics are given for this week and the last one', async () => {
    const { text } = await ask('/stats');
    expect(text).toMatch(/^This week, since \d{4}-\d\d-\d\d \(UTC\)\nReported: \d+, taken: \d+, /);
    expect(text).toContain('\nTaken: half ');
    expect(text).toMatch(/\n\nLast week, since \d{4}-\d\d-\d\d\nNothing was reported\.$/);
  });
});
