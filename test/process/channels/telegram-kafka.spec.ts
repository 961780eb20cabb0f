import { hasKafka } from '../../support/kafka.js';
import { kafkaWorkers } from '../../support/kafka-workers.js';
import { aPort } from '../../support/ports.js';
import { run } from '../../support/processes.js';
import { type BotMessage, CHAT, TestTelegram, TOKEN } from '../../support/telegram.js';
import { until } from '../../support/until.js';

/** The bot retries requests to the API every 30 s at least. */
const RETRY_TIMEOUT_MS = 90_000;

(hasKafka ? describe : describe.skip)('the Telegram bot on Kafka', () => {
  const workers = kafkaWorkers();
  let telegram: TestTelegram;

  beforeEach(async () => {
    telegram = await TestTelegram.start({ deliveries: 2 });
  });
  afterEach(() => telegram.stop());

  it('accepts reports while the API is down, and shows their numbers once it is up', async () => {
    // The worker creates the topic, and stops.
    const first = await workers.start();
    await first.end();
    const PORT = String(await aPort());
    const { DATABASE_URL: _, ...kafkaEnvironment } = workers.environment;
    const startBot = () =>
      run('bot', {
        API_URL: `http://127.0.0.1:${PORT}`,
        TELEGRAM_BOT_TOKEN: TOKEN,
        TELEGRAM_CHAT_ID: String(CHAT),
        TELEGRAM_API_ROOT: telegram.url,
        BOT_LANGUAGE: 'en',
        BOT_PORT: '0',
        BOT_REPORT_TRANSPORT: 'kafka',
        ...kafkaEnvironment,
      });
    let bot = startBot();
    await bot.ready();
    const early = await telegram.write('before the kill');
    const earlyReply = await telegram.reply(early);
    await bot.end('SIGKILL');
    bot = startBot();
    const botUrl = await bot.ready();
    const metric = async (name: string) => {
      const text = await (await fetch(`${botUrl}/metrics`)).text();
      return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)![1]);
    };

    // Updates that need the API wait; later ones do not.
    const command = await telegram.write('#42 fixed');
    await until(async () => (await metric('bot_updates_unacknowledged')) > 0);
    const message = await telegram.write('[partner] Касса 3 не печатает 🖨');
    const accepted = await telegram.reply(message);
    const key = `tg:${CHAT}:${message}`;
    expect(accepted).toMatchObject({
      text: 'Accepted. The number will appear here.',
      buttons: [`number:${key}`],
    });
    const rejected = await telegram.write('[monitoring]');
    expect((await telegram.reply(rejected)).text).toBe('Not accepted: description must not be blank.');
    expect((await telegram.reply(await telegram.write('/help'))).text).toContain('/show 42');
    expect(telegram.said().filter(({ replyTo }) => replyTo === command)).toEqual([]);
    expect(telegram.undelivered).toBeGreaterThan(0);
    telegram.edit(rejected, '[monitoring] disk is full', 50);

    await run('api', { DATABASE_URL: workers.database.url, PORT }).ready();
    expect((await telegram.reply(command, RETRY_TIMEOUT_MS)).text).toBe('There is no incident 42.');
    const mended = await telegram.until(
      () => telegram.said().find(({ replyTo, text }) => replyTo === rejected && text.startsWith('Accepted')),
      RETRY_TIMEOUT_MS,
    );
    telegram.edit(message, 'Касса 3 молчит', 50);
    await telegram.until(
      () => telegram.said().find(({ text }) => text.startsWith('The edit was not added')),
      RETRY_TIMEOUT_MS,
    );
    const reply = await telegram.replyTo(accepted, 'taken');
    expect((await telegram.reply(reply, RETRY_TIMEOUT_MS)).text).toContain('There is no number yet');
    telegram.press(accepted, `number:${key}`);
    await telegram.until(
      () => telegram.requests.find(({ payload }) => payload['text'] === 'There is no number yet.'),
      RETRY_TIMEOUT_MS,
    );

    await workers.start();
    const numbered = ({ id: wanted }: BotMessage) =>
      telegram.until(
        () => telegram.said().find(({ id, text }) => id === wanted && text.includes(' · NEW')),
        RETRY_TIMEOUT_MS,
      );
    const { text, buttons } = await numbered(accepted);
    await numbered(mended);
    const id = Number(/\d+/.exec(text)![0]);
    expect(buttons).toEqual([`take:${id}`]);
    expect(await metric('bot_incidents_created_total')).toBeGreaterThan(0);

    // Only its button still identifies a reply from before the kill.
    expect(telegram.said()).toContainEqual(earlyReply);
    telegram.press(earlyReply, earlyReply.buttons[0]!);
    expect((await numbered(earlyReply)).text).toMatch(/^#\d+ · NEW — new$/);
    const rows = await workers.database.query(
      `SELECT description, source, origin, incidents.channel, actor FROM incidents
       JOIN incident_events ON incident_id = id ORDER BY description`,
    );
    expect(rows).toEqual([
      {
        description: 'before the kill',
        source: 'operator',
        origin: `tg:${CHAT}:${early}`,
        channel: 'telegram',
        actor: 'telegram:7 TestName',
      },
      {
        description: 'disk is full',
        source: 'monitoring',
        origin: `tg:${CHAT}:${rejected}`,
        channel: 'telegram',
        actor: 'telegram:7 TestName',
      },
      {
        description: 'Касса 3 не печатает 🖨',
        source: 'partner',
        origin: `tg:${CHAT}:${message}`,
        channel: 'telegram',
        actor: 'telegram:7 TestName',
      },
    ]);

    // All other actions use the API, and find the incidents from Kafka.
    telegram.edit(message, 'Касса 3 и 4', 100);
    expect((await telegram.reply(await telegram.write(`#${id} fixed`), RETRY_TIMEOUT_MS)).text).toContain(
      'RESOLVED',
    );
    const [row] = await workers.database.query<{ description: string }>(
      `SELECT description FROM incidents WHERE id = ${id}`,
    );
    expect(row!.description).toBe('Касса 3 не печатает 🖨\nКасса 3 и 4');
    expect(await bot.end()).toBe(0);
  }, 300_000);
});
