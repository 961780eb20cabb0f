import { hasKafka } from '../../support/kafka.js';
import { kafkaWorkers } from '../../support/kafka-workers.js';
import { hasLibrdkafka, sendTransactions, type Transaction } from '../../support/kafka/transactions.js';
import { until } from '../../support/until.js';

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
    const workers = kafkaWorkers();
    beforeEach(() => workers.kafka.createTopic(workers.inboundTopic, 1));

    const send = (...transactions: Transaction[]) =>
      sendTransactions(workers.kafka, workers.inboundTopic, transactions);

    /** Runs a worker until it has consumed the topic, and resolves with the first words of the incidents. */
    const incidents = async () => {
      const worker = await workers.start();
      const url = await worker.ready();
      await workers.untilConsumed();
      const lag = /^kafka_consumer_lag\{.*\} (\d+)$/m;
      const metrics = async () =>
        (await fetch(`${url}/metrics`, { headers: { 'X-Access-Key': 'key' } })).text();
      await until(async () => lag.exec(await metrics())?.[1] === '0', { intervalMs: 100 });
      expect(await worker.end()).toBe(0);
      const rows = await workers.database.query<{ text: string }>(
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
