import { aDatabase, type TestDatabase } from '../support/databases.js';
import { aKafka, hasKafka, KAFKA_TIMEOUT, type TestKafka } from '../support/kafka.js';
import { aPort } from '../support/ports.js';
import { killLeftovers, run } from '../support/processes.js';
import { CHAT, TestTelegram, TOKEN } from '../support/telegram.js';

(hasKafka ? describe : describe.skip)('the Telegram bot on Kafka', () => {
  let kafka: TestKafka;
  let database: TestDatabase;
  let telegram: TestTelegram;

  beforeAll(async () => {
    kafka = await aKafka();
    database = await aDatabase();
    telegram = await TestTelegram.start({ deliveries: 2 });
  }, KAFKA_TIMEOUT);
  afterAll(async () => {
    await killLeftovers();
    await telegram.stop();
    await database.drop();
    await kafka.stop();
  });

  it('takes reports in while the API is away, and says their numbers when it is there', async () => {
    const onKafka = {
      KAFKA_BROKERS: kafka.brokers,
      KAFKA_TOPIC_PREFIX: kafka.prefix,
      KAFKA_GROUP: kafka.prefix,
    };
    // It makes the topic; then it is gone.
    const first = run('worker', { DATABASE_URL: database.url, ...onKafka });
    await first.ready();
    await first.end();
    const PORT = String(await aPort());
    const startBot = () =>
      run('bot', {
        API_URL: `http://127.0.0.1:${PORT}`,
        TELEGRAM_BOT_TOKEN: TOKEN,
        TELEGRAM_CHAT_ID: String(CHAT),
        TELEGRAM_API_ROOT: telegram.url,
        BOT_LANGUAGE: 'en',
        BOT_PORT: '0',
        BOT_INTAKE: 'kafka',
        ...onKafka,
      });
    let bot = startBot();
    await bot.ready();
    const early = await telegram.write('before the kill');
    await telegram.reply(early);
    await bot.end('SIGKILL');
    bot = startBot();
    const message = await telegram.write('[partner] Касса 3 не печатает 🖨');
    const accepted = await telegram.reply(message);
    expect(accepted.text).toBe('Accepted. The number will appear here.');

    await run('api', { DATABASE_URL: database.url, PORT }).ready();
    telegram.edit(message, 'Касса 3 молчит', 50);
    await telegram.until(() => telegram.said().find(({ text }) => text.startsWith('The edit is not added')));
    run('worker', { DATABASE_URL: database.url, ...onKafka });
    const numbered = await telegram.until(
      () => telegram.said().find(({ id, text }) => id === accepted.id && text.includes(' · NEW')),
      30_000,
    );
    const id = Number(/\d+/.exec(numbered.text)![0]);
    expect(numbered.buttons).toEqual([`take:${id}`]);
    const rows = await database.query(
      `SELECT description, source, incidents.channel, actor FROM incidents
       JOIN incident_events ON incident_id = id ORDER BY description`,
    );
    expect(rows).toEqual([
      {
        description: 'before the kill',
        source: 'operator',
        channel: 'telegram',
        actor: 'telegram:7 TestName',
      },
      {
        description: 'Касса 3 не печатает 🖨',
        source: 'partner',
        channel: 'telegram',
        actor: 'telegram:7 TestName',
      },
    ]);

    // All else goes by the API, and finds what came by Kafka.
    telegram.edit(message, 'Касса 3 и 4', 100);
    expect((await telegram.reply(await telegram.write(`#${id} fixed`))).text).toContain('RESOLVED');
    const [row] = await database.query<{ description: string }>(
      `SELECT description FROM incidents WHERE id = ${id}`,
    );
    expect(row!.description).toBe('Касса 3 не печатает 🖨\nКасса 3 и 4');
    expect(await bot.end()).toBe(0);
  }, 120_000);
});
