import {
  type IntakeCounts,
  intakeCountsAt,
  storedCountsIn,
  expectBalanced,
  countsSince,
  sumOf,
} from '../support/intake-counts.js';
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
import { pause } from '../support/pause.js';
import { killLeftovers, run, type Run } from '../support/processes.js';
import { until } from '../support/until.js';

/** FULL=1 takes some minutes: a group waits 6 s for a member that was killed. */
const { messages: MESSAGES, kills: KILLS } =
  process.env['FULL'] === '1' ? { messages: 20_000, kills: 5 } : { messages: 8_000, kills: 2 };
const INVALID_MESSAGES = 100;
const JOINS = 2;
const TIMEOUT = 300_000;

/** The maximum number of messages in flight in a worker. */
const MAX_IN_FLIGHT = 1_000;

const INVALID_VALUES: readonly ((n: number) => Buffer)[] = [
  (n) => Buffer.from(`{"description":"invalid ${n}`),
  (n) => Buffer.from(`{"description":${n},"source":"monitoring"}`),
  () => Buffer.from('{"description":"  ","source":"monitoring"}'),
  (n) => Buffer.from(`{"description":"invalid ${n}","source":"monitoring","colour":"red"}`),
  (n) => Buffer.from(`{"description":"invalid \xff ${n}","source":"monitoring"}`, 'latin1'),
];

const isValid = ({ value }: TestMessage): boolean => typeof value === 'string';

/** Messages with invalid ones spread among the valid ones. */
function messagesOf(total: number): TestMessage[] {
  const every = total / INVALID_MESSAGES;
  return Array.from({ length: total }, (_, n) => ({
    value:
      n % every === 7
        ? INVALID_VALUES[((n / every) % INVALID_VALUES.length) | 0]!(n)
        : JSON.stringify({ description: `report ${n}`, source: 'monitoring' }),
    partition: n % 8,
  }));
}

(hasKafka ? describe : describe.skip)('Kafka workers under failures', () => {
  let kafka: TestKafka;
  let database: TestDatabase;
  let prefix: string;
  let tests = 0;

  beforeAll(async () => (kafka = await aKafka()), KAFKA_STARTUP_TIMEOUT_MS);
  beforeEach(async () => {
    endedWorkers = [];
    database = await aDatabase();
    prefix = `${kafka.prefix}-${++tests}`;
  });
  afterEach(async () => {
    await killLeftovers();
    await database.drop();
  });
  afterAll(() => kafka.stop());

  const startWorker = async (): Promise<Run> => {
    const worker = run('worker', workerOn(kafka, database, prefix));
    await worker.ready();
    return worker;
  };
  const numberOf = async (table: string) => {
    const [row] = await database.query<{ number: number }>(`SELECT count(*) AS number FROM ${table}`);
    return row!.number;
  };
  /** Waits until this many more messages are committed or quarantined. */
  const untilMore = async (number: number) => {
    const processed = async () => (await numberOf('incidents')) + (await numberOf('intake_quarantine'));
    const wanted = (await processed()) + number;
    await until(async () => (await processed()) >= wanted, { timeoutMs: 60_000 });
  };
  /** The last counts of the workers that have ended. */
  let endedWorkers: IntakeCounts[];
  /** Reads the counts of a worker and ends it, while a lock in the database blocks its in-flight messages. */
  const endAtWork = async (worker: Run, end: () => Promise<void>) => {
    await database.query('BEGIN');
    await database.query('LOCK TABLE incidents, intake_quarantine IN SHARE ROW EXCLUSIVE MODE');
    endedWorkers.push(await intakeCountsAt(await worker.ready(), 'kafka'));
    await end();
    await database.query('COMMIT');
  };
  /** kill -9 after more than the interval of offset commits: the offsets of in-flight messages must not be among them. */
  const killAtWork = (worker: Run) =>
    endAtWork(worker, async () => {
      await pause(600, 'a worker commits offsets every 200 ms');
      expect(await worker.end('SIGKILL')).toBe('SIGKILL');
    });
  /** Stops a worker, which drains its in-flight messages. */
  const stopAtWork = async (worker: Run) => {
    await endAtWork(worker, async () => {
      worker.process.kill('SIGTERM');
      await until(() => worker.output().includes('stopping: draining in-flight work'));
    });
    expect(await worker.ended()).toBe(0);
  };
  const untilConsumed = () =>
    until(async () => (await kafka.lag(`${prefix}.inbound`, prefix)) === 0, { timeoutMs: 120_000 });

  /** Expects one incident for each valid message; each invalid one is quarantined once, and is among the dead letters. */
  const expectAll = async (messages: readonly TestMessage[]) => {
    const valid = messages.filter(isValid).map(({ value }) => String(value));
    const found = await database.query<{ description: string }>('SELECT description FROM incidents');
    expect(found).toHaveLength(valid.length);
    expect(new Set(found.map(({ description }) => description))).toEqual(
      new Set(valid.map((value) => (JSON.parse(value) as { description: string }).description)),
    );
    expect(await numberOf('incident_events')).toBe(valid.length);

    const invalid = messages.filter((message) => !isValid(message)).map(({ value }) => String(value));
    const quarantined = await database.query<{ payload: Buffer }>('SELECT payload FROM intake_quarantine');
    expect(quarantined.map(({ payload }) => String(payload)).toSorted()).toEqual(invalid.toSorted());
    const dead = await kafka.read(`${prefix}.inbound.dlq`);
    const deadByPosition = new Map(
      dead.map(({ headers, value }) => {
        const named = new Map([...headers].map(([name, text]) => [String(name), String(text)]));
        return [`${named.get('dlq-partition')}-${named.get('dlq-offset')}`, String(value)];
      }),
    );
    expect([...deadByPosition.values()].toSorted()).toEqual(invalid.toSorted());
  };

  /**
   * Bounds, since the counters of a worker end with it: messages that were in flight at the last reading may be committed but never
   * counted. They are redelivered to other workers, where they are replays: no incident is created twice.
   */
  const expectBounds = ({ received, created, duplicate, updated, quarantined }: IntakeCounts) => {
    const unseen = endedWorkers.length * MAX_IN_FLIGHT;
    expect(received).toBeGreaterThanOrEqual(MESSAGES - unseen);
    expect(created).toBeLessThanOrEqual(MESSAGES - INVALID_MESSAGES);
    expect(created).toBeGreaterThanOrEqual(MESSAGES - INVALID_MESSAGES - unseen);
    expect(created + duplicate + quarantined).toBeGreaterThanOrEqual(MESSAGES - unseen);
    expect(updated).toBe(0);
  };

  it(
    `process each of ${MESSAGES} messages once, ${INVALID_MESSAGES} of them invalid, through ${KILLS} kills and ${JOINS * 2} rebalances`,
    async () => {
      const messages = messagesOf(MESSAGES);
      const batches = KILLS + JOINS * 2 + 1;
      const size = Math.ceil(MESSAGES / batches);
      let sent = 0;
      const send = async () => {
        const batch = messages.slice(sent, (sent += size));
        await kafka.send(`${prefix}.inbound`, batch);
      };
      let worker = await startWorker();
      for (let kill = 0; kill < KILLS; kill++) {
        await send();
        await untilMore(200);
        await killAtWork(worker);
        worker = await startWorker();
      }
      for (let join = 0; join < JOINS; join++) {
        await send();
        await untilMore(200);
        const other = await startWorker();
        await send();
        await untilMore(200);
        await stopAtWork(other);
      }
      await send();
      await untilConsumed();
      await expectAll(messages);
      const counts = await intakeCountsAt(await worker.ready(), 'kafka');
      expectBalanced(counts);
      expectBounds(sumOf([...endedWorkers, counts]));

      const known = messages.slice(0, 300).map(({ value }, n) => ({
        value: typeof value === 'string' ? value.replace('report', 'last') : Buffer.concat([value, value]),
        headers: { 'idempotency-key': `last-${n}` },
      }));
      const before = await storedCountsIn(database, 'kafka');
      await kafka.send(`${prefix}.inbound`, [...known, ...known.filter(isValid)]);
      await untilConsumed();
      const { incidents, quarantined } = await storedCountsIn(database, 'kafka');
      const last = countsSince(counts, await intakeCountsAt(await worker.ready(), 'kafka'));
      expectBalanced(last);
      expect(incidents - before.incidents).toBe(known.filter(isValid).length);
      expect(last).toMatchObject({ created: incidents - before.incidents, updated: 0 });
      // More if a rebalance has caused redeliveries.
      expect(last.duplicate).toBeGreaterThanOrEqual(known.filter(isValid).length);
      expect(last.quarantined).toBeGreaterThanOrEqual(quarantined - before.quarantined);
      expect(await worker.end()).toBe(0);
    },
    TIMEOUT,
  );

  (canRestartKafka ? it : it.skip)(
    'continue at the committed offsets after a restart of the broker',
    async () => {
      const messages = messagesOf(3_000);
      const workers = [await startWorker(), await startWorker()];
      await kafka.send(`${prefix}.inbound`, messages.slice(0, 2_000));
      await untilMore(100);
      await kafka.restart();
      await kafka.send(`${prefix}.inbound`, messages.slice(2_000));
      await untilConsumed();
      await expectAll(messages);
      const counts = await Promise.all(
        workers.map(async (worker) => intakeCountsAt(await worker.ready(), 'kafka')),
      );
      // No worker was killed: redelivered messages count as duplicates or quarantined again, but never as created again.
      const { created, quarantined } = sumOf(counts);
      expect(created).toBe(messages.filter(isValid).length);
      expect(quarantined).toBeGreaterThanOrEqual(INVALID_MESSAGES);
      for (const worker of workers) expect(await worker.end()).toBe(0);
    },
    TIMEOUT,
  );
});
