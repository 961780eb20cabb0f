import { setTimeout as sleep } from 'node:timers/promises';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { aKafka, hasKafka, KAFKA_STARTUP_TIMEOUT_MS, type TestKafka, workerOn } from '../../support/kafka.js';
import { hasLibrdkafka, sendTransactions, type Transaction } from '../../support/kafka/transactions.js';
import { killLeftovers, run } from '../../support/processes.js';

/** A report that its first word identifies, however long it is. */
const report = (text: string, length = 0) =>
  JSON.stringify({ description: `${text} ${'x'.repeat(length)}`, source: 'partner' });
const reports = (text: string, count: number, length = 0) =>
  Array.from({ length: count }, (_, n) => report(`${text}-${n}`, length));

/** A fetch has at most 256 KiB of a partition: sixty such messages need three. */
const LONG_LENGTH = 9_000;

(hasKafka && hasLibrdkafka ? describe : describe.skip)(
  'a worker that reads transactions of librdkafka',
  () => {
    let kafka: TestKafka;
    let database: TestDatabase;
    let prefix: string;
    let tests = 0;

    beforeAll(async () => (kafka = await aKafka()), KAFKA_STARTUP_TIMEOUT_MS);
    beforeEach(async () => {
      database = await aDatabase();
      prefix = `${kafka.prefix}-transactions-${++tests}`;
      await kafka.createTopic(`${prefix}.inbound`, 1);
    });
    afterEach(async () => {
      await killLeftovers();
      await database.drop();
    });
    afterAll(() => kafka.stop());

    const send = (...transactions: Transaction[]) =>
      sendTransactions(kafka, `${prefix}.inbound`, transactions);

    /** Runs a worker until it has consumed the topic, and resolves with the first words of the incidents. */
    const incidents = async () => {
      const worker = run('worker', workerOn(kafka, database, prefix));
      const url = await worker.ready();
      while ((await kafka.lag(`${prefix}.inbound`, prefix)) > 0) await sleep(50);
      const lag = /^kafka_consumer_lag\{.*\} (\d+)$/m;
      const metrics = async () =>
        (await fetch(`${url}/metrics`, { headers: { 'X-Access-Key': 'key' } })).text();
      while (lag.exec(await metrics())?.[1] !== '0') await sleep(100);
      expect(await worker.end()).toBe(0);
      const rows = await database.query<{ text: string }>(
        "SELECT split_part(description, ' ', 1) AS text FROM incidents ORDER BY id",
      );
      return rows.map(({ text }) => text).toSorted();
    };

    it('accepts committed reports, and skips an aborted transaction within one fetch', async () => {
      await send(
        { values: reports('aborted', 3), ending: 'abort' },
        { values: reports('good', 2), ending: 'commit' },
        { values: reports('aborted-again', 3), ending: 'abort' },
      );
      expect(await incidents()).toEqual(['good-0', 'good-1']);
    });

    it('skips an aborted transaction whose end arrives in a later fetch', async () => {
      await send(
        { values: reports('good', 1), ending: 'commit' },
        { values: reports('aborted', 60, LONG_LENGTH), ending: 'abort' },
        { values: reports('long', 60, LONG_LENGTH), ending: 'commit' },
        { values: reports('aborted-again', 60, LONG_LENGTH), ending: 'abort' },
      );
      const expected = ['good-0', ...Array.from({ length: 60 }, (_, n) => `long-${n}`)].toSorted();
      expect(await incidents()).toEqual(expected);
    });

    it('has no lag after aborted transactions only', async () => {
      await send({ values: reports('aborted', 60, LONG_LENGTH), ending: 'abort' });
      expect(await incidents()).toEqual([]);
    });
  },
);
