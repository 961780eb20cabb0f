import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Account,
  accountAt,
  type Evidence,
  evidenceIn,
  expectBalanced,
} from '../../support/accounts.js';
import { connectionTo } from '../../../src/infrastructure/postgres/connection/connection.js';
import { migrate } from '../../../src/infrastructure/postgres/schema/migrations.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { aKafka, hasKafka, KAFKA_TIMEOUT, type Sent, type TestKafka, workerOn } from '../../support/kafka.js';
import { aPostgres } from '../../support/postgres.js';
import { killLeftovers, run } from '../../support/processes.js';

const report = (description: string, more: object = {}) =>
  JSON.stringify({ description, source: 'monitoring', ...more });

/** Waits for as long as a test may last: what never comes fails it. */
const until = async (isSo: () => Promise<boolean>) => {
  while (!(await isSo())) await sleep(50);
};

(hasKafka ? describe : describe.skip)('a worker on Kafka', () => {
  let kafka: TestKafka;
  let database: TestDatabase;
  let prefix: string;
  let tests = 0;

  beforeAll(async () => (kafka = await aKafka()), KAFKA_TIMEOUT);
  beforeEach(async () => {
    database = await aDatabase();
    prefix = `${kafka.prefix}-${++tests}`;
  });
  afterEach(async () => {
    await killLeftovers();
    await database.drop();
  });
  afterAll(() => kafka.stop());

  const work = async (environment: Record<string, string> = {}) => {
    const worker = run('worker', { ...workerOn(kafka, database, prefix), ...environment });
    return { worker, url: await worker.ready() };
  };
  const send = (...messages: Sent[]) => kafka.send(`${prefix}.inbound`, messages);
  const isSettled = async () => (await kafka.lag(`${prefix}.inbound`, prefix)) === 0;
  const incidents = () =>
    database.query<{ description: string; actor: string; channel: string; dedup_key: string | null }>(
      `SELECT description, incidents.channel, actor, dedup_key FROM incidents
       JOIN incident_events ON incident_id = id AND seq = 1 ORDER BY id`,
    );
  const quarantine = () =>
    database.query<{ reference: string; reason: string; payload: Buffer; channel: string }>(
      'SELECT reference, reason, payload, channel FROM intake_quarantine ORDER BY id',
    );

  /** Tries again what is in the quarantine for such a reason, and says with which status. */
  const retry = async (url: string, reasons: string) => {
    const [found] = await database.query<{ id: number }>(
      'SELECT id FROM intake_quarantine WHERE reason ~ $1',
      [reasons],
    );
    const path = `${url}/api/v1/quarantine/${found!.id}/retry`;
    return (await fetch(path, { method: 'POST', headers: { 'X-Access-Key': 'key' } })).status;
  };

  it('takes reports in as REST does, and once for each idempotency key', async () => {
    const { worker, url } = await work();
    await send({ value: report('a') });
    await send(
      { value: report('b', { dedup_key: 'disk' }), headers: { actor: 'Анна', channel: 'telegram' } },
      { value: report('c', { dedup_key: 'disk' }), headers: { channel: 'telegram' } },
      { value: report('d'), headers: { 'Idempotency-Key': 'till-3' } },
      { value: report('d'), headers: { 'idempotency-key': 'till-3' } },
    );
    await until(isSettled);
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
    expect(await database.query(`SELECT actor, channel FROM incident_events WHERE text = 'b'`)).toEqual([
      { actor: 'Анна', channel: 'telegram' },
    ]);
    expect(await quarantine()).toEqual([]);
    expectTrue(await accountAt(url, 'kafka'), await evidenceIn(database, 'kafka'), { replays: 1 });
    expectTrue(await accountAt(url, 'telegram'), await evidenceIn(database, 'telegram'), { replays: 0 });
    const metrics = await (await fetch(`${url}/metrics`, { headers: { 'X-Access-Key': 'key' } })).text();
    expect(metrics).toMatch(/^feed_consumer_lag_events\{consumer="kafka"\} \d$/m);
    expect(await worker.end()).toBe(0);
    expect(worker.output()).not.toMatch(/quarantined the message|intake stalled/);
  });

  it('keeps apart what it cannot take in, and goes on', async () => {
    const { worker, url: workerUrl } = await work();
    const poison: Sent[] = [
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
      // To tell all of these would not fit into a letter.
      { value: report('a', Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`f${n}`, 0]))) },
      { value: report('a', { ['f'.repeat(200_000)]: 0 }) },
    ];
    // One partition, so that each would stop those behind it.
    for (const message of poison) await send({ ...message, partition: 3 });
    await send({ value: report('good'), headers: { 'idempotency-key': 'k' }, partition: 3 });
    await send({
      value: report('other'),
      headers: { 'idempotency-key': 'k', of: 'till 3' },
      partition: 3,
      key: 'x',
    });
    await send({ value: report('last'), partition: 3 });
    await until(isSettled);

    expect((await incidents()).map(({ description }) => description)).toEqual(
      expect.arrayContaining(['good', 'last']),
    );
    expect(await incidents()).toHaveLength(2);
    const kept = await quarantine();
    expect(kept).toHaveLength(poison.length + 1);
    const inbound = await kafka.read(`${prefix}.inbound`);
    const dead = await kafka.read(`${prefix}.inbound.dlq`);
    expect(dead).toHaveLength(poison.length + 1);
    for (const { reference, reason, payload, channel } of kept) {
      expect(channel).toBe('kafka');
      expect(reason).toMatch(/^(request|incident|idempotency)\.[\w-]+: ./);
      const source = inbound.find(({ offset }) => reference === `${prefix}.inbound-3-${offset}`)!;
      expect(payload.equals(source.value)).toBe(true);
      const letter = dead.find(({ headers }) => header(headers, 'dlq-offset') === String(source.offset))!;
      expect(letter.value.equals(source.value)).toBe(true);
      expect(header(letter.headers, 'dlq-topic')).toBe(`${prefix}.inbound`);
      expect(header(letter.headers, 'dlq-partition')).toBe('3');
      expect(reason).toHaveLength(Math.min(reason.length, 1_000));
      const told = `${header(letter.headers, 'dlq-reason')}: ${header(letter.headers, 'dlq-detail')}`;
      expect(told.slice(0, 999)).toBe(reason.slice(0, 999));
    }
    expectTrue(await accountAt(workerUrl, 'kafka'), await evidenceIn(database, 'kafka'), { replays: 0 });
    const reused = dead.find(({ headers }) => header(headers, 'dlq-reason') === 'idempotency.key-reused')!;
    expect(header(reused.headers, 'of')).toBe('till 3');
    expect(reused.key.toString()).toBe('x');

    const api = run('api', { DATABASE_URL: database.url });
    const url = await api.ready();
    expect(await retry(url, 'key-reused')).toBe(200);
    expect(await retry(url, 'malformed-body')).toBe(409);
    expect((await incidents()).map(({ description }) => description)).toContain('other');
    expect(await api.end()).toBe(0);
    expect(await worker.end()).toBe(0);
  });

  it('keeps the headers too: what is taken in after all is of its author, and once for its key', async () => {
    const { worker } = await work();
    const headers = { channel: 'telegram', 'idempotency-key': 'tg:-100:7' };
    await send({ value: report('till 3 is down'), headers: { ...headers, actor: ' ' } });
    await until(isSettled);
    expect(await quarantine()).toMatchObject([{ channel: 'telegram' }]);
    const api = run('api', { DATABASE_URL: database.url });
    expect(await retry(await api.ready(), 'actor')).toBe(200);
    await send({ value: report('till 3 is down'), headers: { ...headers, actor: 'Анна' } });
    await until(isSettled);
    expect(await incidents()).toMatchObject([{ channel: 'telegram', actor: 'kafka' }]);
    expect(await quarantine()).toHaveLength(1);
    expect(await api.end()).toBe(0);
    expect(await worker.end()).toBe(0);
  });

  it('waits where the fault is not in the message, and keeps nothing apart for it', async () => {
    const { worker } = await work();
    await database.query(`
      CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stumble'; END $$;
      CREATE TRIGGER stumble BEFORE INSERT ON incidents FOR EACH ROW EXECUTE FUNCTION stumble()`);
    await send({ value: report('a') }, { value: report('b') }, { value: '{' });
    await until(async () => worker.output().includes('intake stalled by an internal error'));
    await until(async () => (await quarantine()).length === 1);
    expect(await kafka.lag(`${prefix}.inbound`, prefix)).toBeGreaterThanOrEqual(2);
    await database.query('DROP TRIGGER stumble ON incidents');
    await until(isSettled);
    expect(await incidents()).toHaveLength(2);
    expect(await quarantine()).toHaveLength(1);
    expect(await worker.end()).toBe(0);
  });

  it('waits for a register that is away, and keeps nothing apart for it', async () => {
    const postgres = await aPostgres();
    try {
      await migrate(connectionTo(postgres.url));
      const { worker } = await work({ DATABASE_URL: postgres.url });
      await send({ value: report('before') });
      await until(isSettled);
      await postgres.stop();
      await send(...Array.from({ length: 3_000 }, (_, n) => ({ value: report(`away ${n}`) })), {
        value: '{',
      });
      await until(async () => worker.output().includes('intake stalled'));
      await sleep(3_000);
      expect(await kafka.lag(`${prefix}.inbound`, prefix)).toBe(3_001);
      await postgres.start();
      await until(isSettled);
      const [found] = await postgres.query<{ all: number; distinct: number }>(
        'SELECT count(*) AS all, count(DISTINCT description) AS distinct FROM incidents',
      );
      expect(found).toEqual({ all: 3001, distinct: 3001 });
      expect(await postgres.query('SELECT 1 FROM intake_quarantine')).toHaveLength(1);
      expect(worker.output()).toContain('intake continues');

      await postgres.stop();
      await send(...Array.from({ length: 10 }, (_, n) => ({ value: report(`again ${n}`) })));
      await sleep(1_000);
      expect(await worker.end()).toBe(0);
      expect(await kafka.lag(`${prefix}.inbound`, prefix)).toBe(10);
    } finally {
      await postgres.remove();
    }
  });

  it('is missed by the api, which shows how much waits for it', async () => {
    const { worker } = await work();
    await send({ value: report('a') });
    await until(isSettled);
    expect(await worker.end()).toBe(0);
    await send(...Array.from({ length: 5 }, (_, n) => ({ value: report(`waits ${n}`) })));
    const api = run('api', workerOn(kafka, database, prefix));
    const url = await api.ready();
    const page = async () => (await fetch(`${url}/metrics`, { headers: { 'X-Access-Key': 'key' } })).text();
    await until(async () => (await page()).includes(`kafka_inbound_lag{topic="${prefix}.inbound"} 5\n`));
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
      DATABASE_URL: database.url,
      KAFKA_BROKERS: kafka.brokers,
      ...environment,
    });
    expect(await worker.ended()).toBe(1);
    expect(worker.output()).toContain(reason);
    expect(worker.output()).not.toMatch(/\n +at /);
  });
});

/**
 * The accounts of the one worker that there was. What it was given again, as when the group was shared out anew, it has received
 * again, and repeated or kept apart once more: of these there may be more than the register knows of.
 */
function expectTrue(account: Account, evidence: Evidence, { replays }: { readonly replays: number }): void {
  expectBalanced(account);
  expect(account).toMatchObject({ created: evidence.incidents, updated: 0 });
  expect(account.duplicate).toBeGreaterThanOrEqual(evidence.furtherReports + replays);
  expect(account.quarantined).toBeGreaterThanOrEqual(evidence.quarantined);
}

const header = (headers: ReadonlyMap<Buffer, Buffer>, name: string) =>
  [...headers].find(([key]) => key.toString() === name)?.[1].toString();
