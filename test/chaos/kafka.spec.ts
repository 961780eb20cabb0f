import { setTimeout as sleep } from 'node:timers/promises';
import {
  type IntakeCounts,
  intakeCountsAt,
  storedCountsIn,
  expectBalanced,
  countsSince,
  sumOf,
} from '../support/accounts.js';
import { aDatabase, type TestDatabase } from '../support/databases.js';
import {
  aKafka,
  hasKafka,
  canRestartKafka,
  KAFKA_STARTUP_TIMEOUT_MS,
  type TestMessage,
  type TestKafka,
  workerOn,
} from '../support/kafka.js';
import { killLeftovers, run, type Run } from '../support/processes.js';

/** FULL=1 takes some minutes: a group waits 6 s for a member that was killed. */
const { messages: MESSAGES, kills: KILLS } =
  process.env['FULL'] === '1' ? { messages: 20_000, kills: 5 } : { messages: 8_000, kills: 2 };
const POISON = 100;
const JOINS = 2;
const TIMEOUT = 300_000;

/** How many messages a worker has in hand at most. */
const IN_HAND = 1_000;

const SICK: readonly ((n: number) => Buffer)[] = [
  (n) => Buffer.from(`{"description":"poison ${n}`),
  (n) => Buffer.from(`{"description":${n},"source":"monitoring"}`),
  () => Buffer.from('{"description":"  ","source":"monitoring"}'),
  (n) => Buffer.from(`{"description":"poison ${n}","source":"monitoring","colour":"red"}`),
  (n) => Buffer.from(`{"description":"poison \xff ${n}","source":"monitoring"}`, 'latin1'),
];

const isGood = ({ value }: TestMessage): boolean => typeof value === 'string';

/** So many messages, of which the poison is spread among the good ones. */
function messagesOf(total: number): TestMessage[] {
  const every = total / POISON;
  return Array.from({ length: total }, (_, n) => ({
    value:
      n % every === 7
        ? SICK[((n / every) % SICK.length) | 0]!(n)
        : JSON.stringify({ description: `report ${n}`, source: 'monitoring' }),
    partition: n % 8,
  }));
}

(hasKafka ? describe : describe.skip)('workers on Kafka, whatever happens to them', () => {
  let kafka: TestKafka;
  let database: TestDatabase;
  let prefix: string;
  let tests = 0;

  beforeAll(async () => (kafka = await aKafka()), KAFKA_STARTUP_TIMEOUT_MS);
  beforeEach(async () => {
    gone = [];
    database = await aDatabase();
    prefix = `${kafka.prefix}-${++tests}`;
  });
  afterEach(async () => {
    await killLeftovers();
    await database.drop();
  });
  afterAll(() => kafka.stop());

  const work = async (): Promise<Run> => {
    const worker = run('worker', workerOn(kafka, database, prefix));
    await worker.ready();
    return worker;
  };
  const numberOf = async (table: string) => {
    const [row] = await database.query<{ number: number }>(`SELECT count(*) AS number FROM ${table}`);
    return row!.number;
  };
  /** Waits until so many more have been taken in or kept apart. */
  const more = async (number: number) => {
    const settled = async () => (await numberOf('incidents')) + (await numberOf('intake_quarantine'));
    const wanted = (await settled()) + number;
    while ((await settled()) < wanted) await sleep(5);
  };
  /** The accounts of the workers that are gone, as they were seen last. */
  let gone: IntakeCounts[];
  /** Looks at the accounts of a worker and ends it, while the database keeps waiting all that it has in hand. */
  const endAtWork = async (worker: Run, end: () => Promise<void>) => {
    await database.query('BEGIN');
    await database.query('LOCK TABLE incidents, intake_quarantine IN SHARE ROW EXCLUSIVE MODE');
    gone.push(await intakeCountsAt(await worker.ready(), 'kafka'));
    await end();
    await database.query('COMMIT');
  };
  /** kill -9 after longer than it takes to commit offsets. */
  const killAtWork = (worker: Run) =>
    endAtWork(worker, async () => {
      await sleep(600);
      expect(await worker.end('SIGKILL')).toBe('SIGKILL');
    });
  /** What it has in hand it may finish. */
  const stopAtWork = async (worker: Run) => {
    await endAtWork(worker, async () => {
      worker.process.kill('SIGTERM');
      while (!worker.output().includes('what is in hand is finished first')) await sleep(5);
    });
    expect(await worker.ended()).toBe(0);
  };
  const allSettled = async () => {
    while ((await kafka.lag(`${prefix}.inbound`, prefix)) > 0) await sleep(100);
  };

  /** Each good message is one incident, each bad one is in the quarantine once, and among the dead letters. */
  const expectAll = async (messages: readonly TestMessage[]) => {
    const good = messages.filter(isGood).map(({ value }) => String(value));
    const found = await database.query<{ description: string }>('SELECT description FROM incidents');
    expect(found).toHaveLength(good.length);
    expect(new Set(found.map(({ description }) => description))).toEqual(
      new Set(good.map((value) => (JSON.parse(value) as { description: string }).description)),
    );
    expect(await numberOf('incident_events')).toBe(good.length);

    const sick = messages.filter((message) => !isGood(message)).map(({ value }) => String(value));
    const kept = await database.query<{ payload: Buffer }>('SELECT payload FROM intake_quarantine');
    expect(kept.map(({ payload }) => String(payload)).toSorted()).toEqual(sick.toSorted());
    const dead = await kafka.read(`${prefix}.inbound.dlq`);
    const places = new Map(
      dead.map(({ headers, value }) => {
        const named = new Map([...headers].map(([name, text]) => [String(name), String(text)]));
        return [`${named.get('dlq-partition')}-${named.get('dlq-offset')}`, String(value)];
      }),
    );
    expect([...places.values()].toSorted()).toEqual(sick.toSorted());
  };

  /**
   * Bounds, since the accounts of a worker end with it: what it had in hand at the last look may have come into the register
   * then, and nobody has seen an account of it. Others read it again, and repeat it: so no incident is ever made twice.
   */
  const expectBounds = ({ received, created, duplicate, updated, quarantined }: IntakeCounts) => {
    const unseen = gone.length * IN_HAND;
    expect(received).toBeGreaterThanOrEqual(MESSAGES - unseen);
    expect(created).toBeLessThanOrEqual(MESSAGES - POISON);
    expect(created).toBeGreaterThanOrEqual(MESSAGES - POISON - unseen);
    expect(created + duplicate + quarantined).toBeGreaterThanOrEqual(MESSAGES - unseen);
    expect(updated).toBe(0);
  };

  it(
    `lose and double nothing of ${MESSAGES} messages, ${POISON} of them poison, in ${KILLS} kills and ${JOINS * 2} rebalances`,
    async () => {
      const messages = messagesOf(MESSAGES);
      const portions = KILLS + JOINS * 2 + 1;
      const size = Math.ceil(MESSAGES / portions);
      let sent = 0;
      const send = async () => {
        const portion = messages.slice(sent, (sent += size));
        await kafka.send(`${prefix}.inbound`, portion);
      };
      let worker = await work();
      for (let kill = 0; kill < KILLS; kill++) {
        await send();
        await more(200);
        await killAtWork(worker);
        worker = await work();
      }
      for (let join = 0; join < JOINS; join++) {
        await send();
        await more(200);
        const other = await work();
        await send();
        await more(200);
        await stopAtWork(other);
      }
      await send();
      await allSettled();
      await expectAll(messages);
      const account = await intakeCountsAt(await worker.ready(), 'kafka');
      expectBalanced(account);
      expectBounds(sumOf([...gone, account]));

      const known = messages.slice(0, 300).map(({ value }, n) => ({
        value: typeof value === 'string' ? value.replace('report', 'last') : Buffer.concat([value, value]),
        headers: { 'idempotency-key': `last-${n}` },
      }));
      const before = await storedCountsIn(database, 'kafka');
      await kafka.send(`${prefix}.inbound`, [...known, ...known.filter(isGood)]);
      await allSettled();
      const { incidents, quarantined } = await storedCountsIn(database, 'kafka');
      const last = countsSince(account, await intakeCountsAt(await worker.ready(), 'kafka'));
      expectBalanced(last);
      expect(incidents - before.incidents).toBe(known.filter(isGood).length);
      expect(last).toMatchObject({ created: incidents - before.incidents, updated: 0 });
      // More where the group was shared out anew, and something read again.
      expect(last.duplicate).toBeGreaterThanOrEqual(known.filter(isGood).length);
      expect(last.quarantined).toBeGreaterThanOrEqual(quarantined - before.quarantined);
      expect(await worker.end()).toBe(0);
    },
    TIMEOUT,
  );

  (canRestartKafka ? it : it.skip)(
    'go on where they were when the broker was killed and is back',
    async () => {
      const messages = messagesOf(3_000);
      const workers = [await work(), await work()];
      await kafka.send(`${prefix}.inbound`, messages.slice(0, 2_000));
      await more(100);
      await kafka.restart();
      await kafka.send(`${prefix}.inbound`, messages.slice(2_000));
      await allSettled();
      await expectAll(messages);
      const accounts = await Promise.all(
        workers.map(async (worker) => intakeCountsAt(await worker.ready(), 'kafka')),
      );
      // None was killed: what was read again is repeated or kept apart once more, or given up, and never made again.
      const { created, quarantined } = sumOf(accounts);
      expect(created).toBe(messages.filter(isGood).length);
      expect(quarantined).toBeGreaterThanOrEqual(POISON);
      for (const worker of workers) expect(await worker.end()).toBe(0);
    },
    TIMEOUT,
  );
});
