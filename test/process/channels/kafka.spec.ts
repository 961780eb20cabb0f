import {
  type IntakeCounts,
  intakeCountsAt,
  type StoredCounts,
  storedCountsIn,
  expectBalanced,
  inFlight,
} from '../../support/intake-counts.js';
import { connectionTo } from '../../../src/infrastructure/postgres/connection/connection.js';
import { migrate } from '../../../src/infrastructure/postgres/schema/migrations.js';
import { hasKafka, type TestMessage } from '../../support/kafka.js';
import { kafkaWorkers } from '../../support/kafka-workers.js';
import { aPostgres } from '../../support/postgres.js';
import { run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const report = (description: string, more: object = {}) =>
  JSON.stringify({ description, source: 'monitoring', ...more });

(hasKafka ? describe : describe.skip)('a worker on Kafka', () => {
  const workers = kafkaWorkers();
  const incidents = () =>
    workers.database.query<{ description: string; actor: string; channel: string; dedup_key: string | null }>(
      `SELECT description, incidents.channel, actor, dedup_key FROM incidents
       JOIN incident_events ON incident_id = id AND seq = 1 ORDER BY id`,
    );
  const quarantine = () =>
    workers.database.query<{ reference: string; reason: string; payload: Buffer; channel: string }>(
      'SELECT reference, reason, payload, channel FROM intake_quarantine ORDER BY id',
    );

  /** Retries a message that was quarantined for a matching reason, and resolves with the status of the response. */
  const retry = async (url: string, reasonPattern: string) => {
    const [found] = await workers.database.query<{ id: number }>(
      'SELECT id FROM intake_quarantine WHERE reason ~ $1',
      [reasonPattern],
    );
    const path = `${url}/api/v1/quarantine/${found!.id}/retry`;
    return (await fetch(path, { method: 'POST', headers: { 'X-Access-Key': 'key' } })).status;
  };

  it('creates incidents as REST does, one for each idempotency key', async () => {
    const worker = await workers.start();
    const url = await worker.ready();
    await workers.send({ value: report('a') });
    await workers.send(
      { value: report('b', { dedup_key: 'disk' }), headers: { actor: 'Анна', channel: 'telegram' } },
      { value: report('c', { dedup_key: 'disk' }), headers: { channel: 'telegram' } },
      { value: report('d'), headers: { 'Idempotency-Key': 'till-3' } },
      { value: report('d'), headers: { 'idempotency-key': 'till-3' } },
    );
    await workers.untilConsumed();
    expect((await incidents()).toSorted((x, y) => x.description.localeCompare(y.description))).toEqual([
      { description: 'a', actor: 'kafka', channel: 'kafka', dedup_key: null },
      {
        description: expect.stringMatching(/^[bc]$/),
        actor: expect.any(String),
        channel: expect.any(String),
        dedup_key: 'disk',
      },
      { description: 'd', actor: 'kafka', channel: 'kafka', dedup_key: null },
    ]);
    expect(
      await workers.database.query(`SELECT actor, channel FROM incident_events WHERE text = 'b'`),
    ).toEqual([{ actor: 'Анна', channel: 'telegram' }]);
    expect(await quarantine()).toEqual([]);
    expectConsistent(await intakeCountsAt(url, 'kafka'), await storedCountsIn(workers.database, 'kafka'), {
      replays: 1,
    });
    expectConsistent(
      await intakeCountsAt(url, 'telegram'),
      await storedCountsIn(workers.database, 'telegram'),
      {
        replays: 0,
      },
    );
    const metrics = await (await fetch(`${url}/metrics`, { headers: { 'X-Access-Key': 'key' } })).text();
    expect(metrics).toMatch(/^feed_consumer_lag_events\{consumer="kafka"\} \d$/m);
    expect(await worker.end()).toBe(0);
    expect(worker.output()).not.toMatch(/quarantined the message|intake stalled/);
  });

  it('quarantines invalid messages, publishes them as dead letters, and continues', async () => {
    const worker = await workers.start();
    const poison: TestMessage[] = [
      { value: '{' },
      { value: '[]' },
      { value: 'null' },
      { value: '' },
      { value: report('\ud800') },
      { value: report('\0') },
      { value: report('  ') },
      { value: report('a'.repeat(10_001)) },
      { value: report('a', { text: 'b' }) },
      { value: '{"description":1,"source":"monitoring"}' },
      { value: '{"description":"a","source":"me"}' },
      { value: Buffer.from('{"description":"\xff","source":"partner"}', 'latin1') },
      { value: '['.repeat(100) },
      { value: Buffer.alloc(900_000, 'a') },
      { value: Buffer.alloc(1_040_000, 'a') },
      { value: report('a'), headers: { channel: 'pigeon' } },
      { value: report('a'), headers: { actor: ' ' } },
      { value: report('a'), headers: { 'idempotency-key': 'ы' } },
      // All validation errors of this one would not fit into a dead letter.
      { value: report('a', Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`f${n}`, 0]))) },
      { value: report('a', { ['f'.repeat(200_000)]: 0 }) },
    ];
    // One partition: each message could block those after it.
    for (const message of poison) await workers.send({ ...message, partition: 3 });
    await workers.send({ value: report('good'), headers: { 'idempotency-key': 'k' }, partition: 3 });
    await workers.send({
      value: report('other'),
      headers: { 'idempotency-key': 'k', of: 'till 3' },
      partition: 3,
      key: 'x',
    });
    await workers.send({ value: report('last'), partition: 3 });
    await workers.untilConsumed();

    expect((await incidents()).map(({ description }) => description)).toEqual(
      expect.arrayContaining(['good', 'last']),
    );
    expect(await incidents()).toHaveLength(2);
    const quarantined = await quarantine();
    expect(quarantined).toHaveLength(poison.length + 1);
    const inbound = await workers.kafka.read(workers.inboundTopic);
    const dead = await workers.kafka.read(`${workers.inboundTopic}.dlq`);
    expect(dead).toHaveLength(poison.length + 1);
    for (const { reference, reason, payload, channel } of quarantined) {
      expect(channel).toBe('kafka');
      expect(reason).toMatch(/^(request|incident|idempotency)\.[\w-]+: ./);
      const source = inbound.find(({ offset }) => reference === `${workers.inboundTopic}-3-${offset}`)!;
      expect(payload.equals(source.value)).toBe(true);
      const letter = dead.find(({ headers }) => header(headers, 'dlq-offset') === String(source.offset))!;
      expect(letter.value.equals(source.value)).toBe(true);
      expect(header(letter.headers, 'dlq-topic')).toBe(workers.inboundTopic);
      expect(header(letter.headers, 'dlq-partition')).toBe('3');
      expect(reason).toHaveLength(Math.min(reason.length, 1_000));
      const published = `${header(letter.headers, 'dlq-reason')}: ${header(letter.headers, 'dlq-detail')}`;
      expect(published.slice(0, 999)).toBe(reason.slice(0, 999));
    }
    expectConsistent(
      await intakeCountsAt(await worker.ready(), 'kafka'),
      await storedCountsIn(workers.database, 'kafka'),
      {
        replays: 0,
      },
    );
    const reused = dead.find(({ headers }) => header(headers, 'dlq-reason') === 'idempotency.key-reused')!;
    expect(header(reused.headers, 'of')).toBe('till 3');
    expect(reused.key.toString()).toBe('x');

    const api = run('api', { DATABASE_URL: workers.database.url });
    const url = await api.ready();
    expect(await retry(url, 'key-reused')).toBe(200);
    expect(await retry(url, 'malformed-body')).toBe(409);
    expect((await incidents()).map(({ description }) => description)).toContain('other');
    expect(await api.end()).toBe(0);
    expect(await worker.end()).toBe(0);
  });

  it('quarantines the headers: a retry keeps the channel, and commits once under the idempotency key', async () => {
    const worker = await workers.start();
    const headers = { channel: 'telegram', 'idempotency-key': 'tg:-100:7' };
    await workers.send({ value: report('till 3 is down'), headers: { ...headers, actor: ' ' } });
    await workers.untilConsumed();
    expect(await quarantine()).toMatchObject([{ channel: 'telegram' }]);
    const api = run('api', { DATABASE_URL: workers.database.url });
    expect(await retry(await api.ready(), 'actor')).toBe(200);
    await workers.send({ value: report('till 3 is down'), headers: { ...headers, actor: 'Анна' } });
    await workers.untilConsumed();
    expect(await incidents()).toMatchObject([{ channel: 'telegram', actor: 'kafka' }]);
    expect(await quarantine()).toHaveLength(1);
    expect(await api.end()).toBe(0);
    expect(await worker.end()).toBe(0);
  });

  it('retries after an internal error, and quarantines no valid message', async () => {
    const worker = await workers.start();
    await workers.database.query(`
      CREATE FUNCTION reject_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'reject_insert'; END $$;
      CREATE TRIGGER reject_insert BEFORE INSERT ON incidents FOR EACH ROW EXECUTE FUNCTION reject_insert()`);
    await workers.send({ value: report('a') }, { value: report('b') }, { value: '{' });
    await until(async () => worker.output().includes('intake stalled by an internal error'));
    await until(async () => (await quarantine()).length === 1);
    expect(await workers.lag()).toBeGreaterThanOrEqual(2);
    await workers.database.query('DROP TRIGGER reject_insert ON incidents');
    await workers.untilConsumed();
    expect(await incidents()).toHaveLength(2);
    expect(await quarantine()).toHaveLength(1);
    expect(await worker.end()).toBe(0);
  });

  it('retries while the database is unreachable, and quarantines no valid message', async () => {
    const postgres = await aPostgres();
    try {
      await migrate(connectionTo(postgres.url));
      const worker = await workers.start({ DATABASE_URL: postgres.url });
      await workers.send({ value: report('before') });
      await workers.untilConsumed();
      await postgres.stop();
      await workers.send(
        ...Array.from({ length: 3_000 }, (_, n) => ({ value: report(`during the outage ${n}`) })),
        {
          value: '{',
        },
      );
      const url = await worker.ready();
      // As many as a worker may have in flight: all of them have been tried.
      await until(async () => inFlight(await intakeCountsAt(url, 'kafka')) >= 1_000);
      await until(() => worker.output().includes('intake stalled'));
      expect(await workers.lag()).toBe(3_001);
      await postgres.start();
      await workers.untilConsumed();
      const [found] = await postgres.query<{ all: number; distinct: number }>(
        'SELECT count(*) AS all, count(DISTINCT description) AS distinct FROM incidents',
      );
      expect(found).toEqual({ all: 3001, distinct: 3001 });
      expect(await postgres.query('SELECT 1 FROM intake_quarantine')).toHaveLength(1);
      await until(() => worker.output().includes('intake continues'));

      await postgres.stop();
      await workers.send(...Array.from({ length: 10 }, (_, n) => ({ value: report(`again ${n}`) })));
      await until(async () => inFlight(await intakeCountsAt(url, 'kafka')) === 10);
      expect(await worker.end()).toBe(0);
      expect(await workers.lag()).toBe(10);
    } finally {
      await postgres.remove();
    }
  });

  it('shows the lag of the inbound topic in the metrics of the API while no worker runs', async () => {
    const worker = await workers.start();
    await workers.send({ value: report('a') });
    await workers.untilConsumed();
    expect(await worker.end()).toBe(0);
    await workers.send(...Array.from({ length: 5 }, (_, n) => ({ value: report(`pending ${n}`) })));
    const api = run('api', workers.environment);
    const url = await api.ready();
    const page = async () => (await fetch(`${url}/metrics`, { headers: { 'X-Access-Key': 'key' } })).text();
    await until(async () =>
      (await page()).includes(`kafka_inbound_lag{topic="${workers.inboundTopic}"} 5\n`),
    );
    expect(await api.end()).toBe(0);
  });

  it.each([
    [{ KAFKA_BROKERS: '' }, 'KAFKA_BROKERS must be set to the brokers'],
    [{ KAFKA_BROKERS: 'kafka' }, 'KAFKA_BROKERS must be host:port, several separated by commas'],
    [{ KAFKA_SASL_MECHANISM: 'PLAIN' }, 'KAFKA_USERNAME must be set with KAFKA_SASL_MECHANISM'],
    [
      { WORKER_HOST: '0.0.0.0' },
      'X_ACCESS_KEY must be set to a key of at least 16 characters if WORKER_HOST is',
    ],
  ])('does not start with %j, and says why', async (environment, reason) => {
    const worker = run('worker', {
      DATABASE_URL: workers.database.url,
      KAFKA_BROKERS: workers.kafka.brokers,
      ...environment,
    });
    expect(await worker.ended()).toBe(1);
    expect(worker.output()).toContain(reason);
    expect(worker.output()).not.toMatch(/\n +at /);
  });
});

/**
 * Compares the counts of the only worker with the database. A redelivered message, for example after a rebalance, is received again,
 * and counts as a duplicate or as quarantined again: these counts may exceed those of the database.
 */
function expectConsistent(
  counts: IntakeCounts,
  stored: StoredCounts,
  { replays }: { readonly replays: number },
): void {
  expectBalanced(counts);
  expect(counts).toMatchObject({ created: stored.incidents, updated: 0 });
  expect(counts.duplicate).toBeGreaterThanOrEqual(stored.furtherReports + replays);
  expect(counts.quarantined).toBeGreaterThanOrEqual(stored.quarantined);
}

const header = (headers: ReadonlyMap<Buffer, Buffer>, name: string) =>
  [...headers].find(([key]) => key.toString() === name)?.[1].toString();
