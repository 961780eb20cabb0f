import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';
import { aPort } from '../../support/ports.js';
import { CHAT, TestTelegram, TOKEN } from '../../support/telegram.js';
import { until } from '../../support/until.js';

const HEADERS = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };

describe('the Telegram bot', () => {
  let database: TestDatabase;
  let telegram: TestTelegram;
  let api: Run;
  let bot: Run;
  let apiUrl: string;
  let botUrl: string;

  const startBot = (more: Record<string, string> = {}) =>
    run('bot', {
      API_URL: apiUrl,
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_CHAT_ID: String(CHAT),
      TELEGRAM_API_ROOT: telegram.url,
      BOT_LANGUAGE: 'en',
      BOT_PORT: '0',
      ...more,
    });
  const incident = async (id: number) =>
    (await fetch(`${apiUrl}/api/v1/incidents/${id}`, { headers: HEADERS })).json() as Promise<any>;
  const history = async (id: number) =>
    (await fetch(`${apiUrl}/api/v1/incidents/${id}/events`, { headers: HEADERS })).json() as Promise<any[]>;
  const incidents = async () =>
    (await database.query<{ count: number }>('SELECT count(*)::int FROM incidents'))[0]!.count;
  const readiness = async () => {
    const answer = await fetch(`${botUrl}/health/ready`);
    return { ...((await answer.json()) as { details: any }), status: answer.status };
  };
  const metric = async (line: string) => {
    const text = await (await fetch(`${botUrl}/metrics`)).text();
    return Number(
      text
        .split('\n')
        .find((each) => each.startsWith(`${line} `))
        ?.split(' ')[1],
    );
  };
  /** Writes a message, and resolves with the reply of the bot. */
  const ask = async (text: string) => telegram.reply(await telegram.write(text));
  /** Reports by a message, and resolves with the number of the incident. */
  const report = async (text: string) => {
    const reply = await ask(text);
    return { reply, id: Number(/^#(\d+)/.exec(reply.text)![1]) };
  };

  beforeAll(async () => {
    database = await aDatabase();
    api = run('api', { DATABASE_URL: database.url });
    apiUrl = await api.ready();
    telegram = await TestTelegram.start();
    bot = startBot();
    botUrl = await bot.ready();
  });
  afterAll(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
  });

  it('creates an incident from a message, and replies with its number, status and legal actions', async () => {
    const message = await telegram.write('[monitoring] Самокат #42 не отвечает');
    const reply = await telegram.reply(message);
    const id = Number(/^#(\d+)/.exec(reply.text)![1]);
    expect(reply).toMatchObject({ text: `#${id} · NEW — new`, buttons: [`take:${id}`] });
    expect(await incident(id)).toMatchObject({
      description: 'Самокат #42 не отвечает',
      source: 'monitoring',
      channel: 'telegram',
      origin: `tg:${CHAT}:${message}`,
    });
    expect(await history(id)).toMatchObject([{ actor: 'telegram:7 TestName', channel: 'telegram' }]);
  });

  it('reports captions, and ignores bots, unknown chats and service messages', async () => {
    const before = await incidents();
    const caption = await telegram.write(undefined, { caption: 'Колесо | source=partner', photo: [] });
    expect((await telegram.reply(caption)).text).toContain('NEW');
    await telegram.write('from a bot', { from: { id: 9, is_bot: true, first_name: 'x' } });
    await telegram.write(undefined, { new_chat_members: [] });
    await telegram.write('elsewhere', {}, -555);
    await telegram.write('elsewhere again', {}, -555);
    await report('the last of these');
    expect(await incidents()).toBe(before + 2);
    expect(telegram.said(-555)).toEqual([]);
    expect(bot.output().match(/chat -555 .* is ignored/g)).toHaveLength(1);
    expect(await metric('bot_updates_total{kind="unknown_chat"}')).toBe(2);
  });

  it('changes the status of an incident by its number, by the shortest path, and appends the note', async () => {
    const { id } = await report('Till 3');
    expect((await ask(`#${id} fixed new paper`)).text).toBe(`#${id} · RESOLVED — resolved`);
    expect((await incident(id)).description).toBe('Till 3\nnew paper');
    const transitions = (await history(id)).filter(({ type }) => type === 'status_changed');
    expect(transitions.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'NEW IN_PROGRESS',
      'IN_PROGRESS RESOLVED',
    ]);

    expect((await ask(`#${id} снова`)).text).toContain('IN_PROGRESS');
    const again = await ask(`#${id} reopened and again`);
    expect(again.text).toContain('It cannot be reopened: it is in progress.');
    expect((await incident(id)).description).toMatch(/and again$/);
    expect((await ask(`#${id} closed`)).text).toBe(`#${id} · CLOSED — closed`);
    expect((await ask(`/update ${id} IN_PROGRESS`)).text).toContain('It cannot be taken: it is closed.');
  });

  it('changes nothing when an update is redelivered, whatever has happened since', async () => {
    const { id } = await report('Replay');
    const again = (text: string, message_id: number) => {
      const from = { id: 7, is_bot: false, first_name: 'TestName' };
      const chat = { id: CHAT, type: 'supergroup', title: 'chat' } as const;
      telegram.deliver({ message: { message_id, from, chat, date: 1, text } });
      return telegram.until(() => telegram.said().find(({ replyTo }) => replyTo === message_id)?.text);
    };
    // The bot was killed after its request, before it acknowledged the update.
    await fetch(`${apiUrl}/api/v1/incidents/${id}`, {
      method: 'PATCH',
      headers: { ...HEADERS, 'Idempotency-Key': `tg:${CHAT}:5000:transition` },
      body: JSON.stringify({ status: 'RESOLVED', via: 'shortest' }),
    });
    expect(await again(`#${id} fixed`, 5_000)).toContain('RESOLVED');
    await ask(`#${id} reopened`);
    const events = await history(id);
    await again(`#${id} fixed`, 5_000);
    await report('after the replay');
    expect(await history(id)).toEqual(events);
    expect(events.map(({ to }) => to).filter(Boolean)).toEqual(['IN_PROGRESS', 'RESOLVED', 'IN_PROGRESS']);

    // The number of a scooter is the number of an incident by the time of the redelivery.
    const next =
      Math.max(
        ...(await database.query<{ id: string }>('SELECT id FROM incidents')).map((row) => Number(row.id)),
      ) + 1;
    const texts = [`#${next} does not start`, `#${next} снова стоит`];
    const seen = [await again(texts[0]!, 5_001), await again(texts[1]!, 5_002)];
    const before = await incidents();
    await again(texts[0]!, 5_001);
    await report('after the second replay');
    expect(seen[0]).toBe(`#${next} · NEW — new`);
    expect(await incidents()).toBe(before + 1);
    expect((await incident(next)).description).toBe(`${texts[0]}\nстоит`);
  });

  it('appends to the incident of a number, and reports a message whose number is no incident', async () => {
    const { id } = await report('Scooter');
    expect((await ask(`#${id} it is in the park`)).text).toContain('Added to the description.');
    expect((await incident(id)).description).toBe('Scooter\nit is in the park');
    const { id: other } = await report('#987654 has a flat tyre');
    expect((await incident(other)).description).toBe('#987654 has a flat tyre');
    expect((await ask('#987654 fixed')).text).toBe('There is no incident 987654.');
    const { id: back } = await report('#987654 снова стоит');
    expect((await incident(back)).description).toBe('#987654 снова стоит');
  });

  it('finds the incident that a reply to its message is about', async () => {
    const { id, reply } = await report('Door');
    await telegram.reply(await telegram.replyTo(reply, 'it is the lock'));
    await telegram.reply(await telegram.replyTo(reply, 'взяла'));
    expect(await incident(id)).toMatchObject({ description: 'Door\nit is the lock', status: 'IN_PROGRESS' });
  });

  it('replies to commands', async () => {
    const { id } = await report('for the list');
    expect((await ask('/list@TestNameBot new')).text).toContain(`\n#${id} NEW for the list`);
    expect((await ask(`/show ${id}`)).text).toMatch(
      /^#\d+ · NEW — new\nSource: operator, .* UTC\n\nfor the list$/,
    );
    expect((await ask('/show 987654')).text).toBe('There is no incident 987654.');
    expect((await ask('/start')).text).toContain('/update 42 RESOLVED');
    expect((await ask('/dance')).text).toContain('There is no command /dance.');
    expect((await ask('/update nothing')).text).toContain('/update 42 RESOLVED');
  });

  it('changes the status of an incident by buttons, and shows the result', async () => {
    const { id, reply } = await report('Button');
    const becomes = (text: string) =>
      telegram.until(() =>
        telegram.said().find((said) => said.id === reply.id && said.text.startsWith(text)),
      );
    telegram.press(reply, `take:${id}`);
    const taken = await becomes(`#${id} · IN_PROGRESS`);
    expect(taken).toMatchObject({
      text: expect.stringContaining('Changed by Анна'),
      buttons: [`resolve:${id}`, `release:${id}`],
    });
    telegram.press(reply, `resolve:${id}`);
    expect((await becomes(`#${id} · RESOLVED`)).buttons).toEqual([`close:${id}`, `reopen:${id}`]);

    // A button of a message that shows an earlier status changes nothing.
    telegram.press(reply, `take:${id}`);
    await telegram.until(() =>
      telegram.requests.find(({ payload }) => payload['text'] === 'It cannot be taken: it is resolved.'),
    );
    expect((await incident(id)).status).toBe('RESOLVED');
    telegram.press(reply, `close:${id}`);
    expect((await becomes(`#${id} · CLOSED`)).buttons).toEqual([]);
    expect((await history(id)).at(-1)).toMatchObject({ actor: 'telegram:8 Анна', channel: 'telegram' });

    // The bot also answers the press of another bot's button.
    const answers = () => telegram.requests.filter(({ method }) => method === 'answerCallbackQuery').length;
    const before = answers();
    telegram.press(reply, 'of another bot');
    await telegram.until(() => answers() > before);
  });

  it('appends the new text of an edited message once, and ignores edits that change no text', async () => {
    const message = await telegram.write('Wheel');
    const id = Number(/\d+/.exec((await telegram.reply(message)).text)![0]);
    telegram.edit(message, 'Wheel of #7', 100);
    telegram.edit(message, 'Wheel of #7', 100);
    telegram.edit(message, 'Wheel of #8', 100);
    await report('after the edits');
    expect((await incident(id)).description).toBe('Wheel\nWheel of #7\nWheel of #8');
  });

  it('replies with the reason of a rejection', async () => {
    expect((await ask('[monitoring]')).text).toBe('Not accepted: description must not be blank.');
    const { id } = await report('x'.repeat(4_000));
    for (let n = 0; n < 10; n++) {
      await fetch(`${apiUrl}/api/v1/incidents/${id}`, {
        method: 'PATCH',
        headers: HEADERS,
        body: JSON.stringify({ description_append: 'y'.repeat(9_580) }),
      });
    }
    expect((await ask(`#${id} ${'z'.repeat(300)}`)).text).toBe(
      'Not added: the description has reached its limit.',
    );
  });

  it('continues after throttling, failures and timeouts of Telegram', async () => {
    const flood = {
      ok: false,
      error_code: 429,
      description: 'Too Many Requests',
      parameters: { retry_after: 1 },
    };
    telegram.fail('sendMessage', { times: 2, status: 429, body: flood });
    const began = Date.now();
    await report('said in spite of a flood limit');
    expect(Date.now() - began).toBeGreaterThan(1_900);

    telegram.fail('getUpdates', {
      times: 2,
      status: 502,
      body: { ok: false, error_code: 502, description: 'Bad Gateway' },
    });
    await report('before the failing polls');
    await report('after the failing polls');

    // A reply that cannot be sent blocks nothing.
    telegram.fail('sendMessage', {
      times: 1,
      status: 403,
      body: { ok: false, error_code: 403, description: 'bot was kicked' },
    });
    const before = await incidents();
    await telegram.write('accepted without a reply');
    await report('with a reply');
    expect(await incidents()).toBe(before + 2);
    expect(await metric('bot_replies_failed_total')).toBe(1);
    expect(bot.output()).not.toContain(TOKEN);
  }, 30_000);

  it('is not ready while another process polls or a webhook is set, and says what to do', async () => {
    for (const [description, remedy] of [
      ['Conflict: terminated by other getUpdates request', 'another process polls'],
      ["Conflict: can't use getUpdates method while webhook is active", 'deleteWebhook'],
    ] as const) {
      telegram.fail('getUpdates', {
        times: 2,
        status: 409,
        body: { ok: false, error_code: 409, description },
      });
      await report(`ends the poll: ${description}`);
      await telegram.until(() => bot.output().includes(remedy) || undefined);
      expect(await readiness()).toMatchObject({
        status: 503,
        details: { telegram: { status: 'down', message: expect.stringContaining(remedy) } },
      });
      await report('accepted afterwards');
      expect(await readiness()).toMatchObject({ status: 200, details: { telegram: { status: 'up' } } });
    }
  }, 30_000);

  it('is not ready while its key is invalid, and reports the pending messages afterwards', async () => {
    expect(await bot.end()).toBe(0);
    bot = startBot({ API_KEY: 'inc_1_wrong' });
    botUrl = await bot.ready();
    const message = await telegram.write('pending until the key is valid');
    await telegram.until(() => bot.output().includes('check API_URL and API_KEY') || undefined);
    await until(async () => (await readiness()).details.api?.message === '401 request.unauthorized');
    expect(await readiness()).toMatchObject({
      status: 503,
      details: { api: { message: '401 request.unauthorized' } },
    });
    expect((await fetch(`${botUrl}/health/live`)).status).toBe(200);
    const began = Date.now();
    expect(await bot.end()).toBe(0);
    expect(Date.now() - began).toBeLessThan(10_000);
    bot = startBot();
    botUrl = await bot.ready();
    expect((await telegram.reply(message)).text).toContain('NEW');
  });

  it('waits while another process serves the bot, and takes over when that ends or dies', async () => {
    const second = startBot({ BOT_PORT: String(await aPort()) });
    const third = startBot({ BOT_PORT: String(await aPort()) });
    for (const waiting of [second, third])
      await until(() => waiting.output().includes('another process serves this bot; waiting until it ends'));
    await report('Served by the first process');

    expect(await bot.end()).toBe(0);
    const isServing = (each: Run) => each.output().includes('serving as @');
    await until(() => isServing(second) || isServing(third));
    await report('Served by the next process');
    const [serving, waiting] = isServing(second) ? [second, third] : [third, second];
    expect(isServing(waiting)).toBe(false);

    await serving.end('SIGKILL');
    await database.query(`UPDATE feed_consumers SET leased_until = now() WHERE name LIKE 'bot.%'`);
    await until(() => isServing(waiting));
    await report('Served by the last process');
    expect(await waiting.end()).toBe(0);
    for (const each of [second, third]) expect(each.output()).not.toContain('another process polls');
    bot = startBot();
    botUrl = await bot.ready();
  });

  it('serves without a lease, and stops, if the lease belongs to another access key', async () => {
    const { secret } = (await (
      await fetch(`${apiUrl}/api/v1/keys`, {
        method: 'POST',
        headers: HEADERS,
        body: JSON.stringify({ name: 'another-bot', role: 'operator' }),
      })
    ).json()) as { secret: string };
    await report('Served with the first access key');
    expect(await bot.end()).toBe(0);
    const other = startBot({ API_KEY: secret });
    await until(() => other.output().includes('serving this bot without a lease'), { state: other.output });
    await until(() => other.output().includes('serving as @'));
    expect(await other.end()).toBe(0);
    bot = startBot();
    botUrl = await bot.ready();
  });

  it.each([
    [
      'no token',
      { TELEGRAM_BOT_TOKEN: '' },
      'TELEGRAM_BOT_TOKEN must be set to the token that @BotFather gave',
    ],
    ['no chat', { TELEGRAM_CHAT_ID: '' }, 'TELEGRAM_CHAT_ID must'],
  ])('does not start with %s, and says why in one line', async (_, wrong, reason) => {
    const wrongBot = startBot(wrong);
    expect(await wrongBot.ended()).toBe(1);
    expect(wrongBot.output()).toContain(reason);
    expect(wrongBot.output().trim().split('\n')).toHaveLength(2);
  });

  it('does not start with a token that Telegram does not know', async () => {
    telegram.fail('getMe', {
      times: 1,
      status: 401,
      body: { ok: false, error_code: 401, description: 'Unauthorized' },
    });
    const wrongBot = startBot();
    expect(await wrongBot.ended()).toBe(1);
    expect(wrongBot.output()).toContain('Telegram does not know this bot');
  });
});
