import {
  type IntakeCounts,
  intakeCountsAt,
  storedCountsIn,
  expectBalanced,
  countsSince,
  sumOf,
} from '../support/intake-counts.js';
import { canRestartKafka, hasKafka, type TestMessage } from '../support/kafka.js';
import { kafkaWorkersOnOwnBroker } from '../support/kafka-workers.js';
import { pause } from '../support/pause.js';
import type { Run } from '../support/processes.js';
import { until } from '../support/until.js';

/** FULL=1 takes some minutes: a group waits 6 s for a member that was killed. */
const { messages: MESSAGES, kills: KILLS } =
  process.env['FULL'] === '1' ? { messages: 20_000, kills: 5 } : { messages: 8_000, kills: 2 };
const INVALID_MESSAGES = 100;
const JOINS = 2;
const TIMEOUT = 300_000;
/** A group waits 6 s for a member that was killed. */
const PROCESSED_TIMEOUT_MS = 60_000;

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
  const { workers, restartBroker } = kafkaWorkersOnOwnBroker();
  beforeEach(() => {
    endedWorkers = [];
  });

  const numberOf = async (table: string) => {
    const [row] = await workers.database.query<{ number: number }>(`SELECT count(*) AS number FROM ${table}`);
    return row!.number;
  };
  /** Waits until this many more messages are committed or quarantined. */
  const untilMore = async (number: number) => {
    const processed = async () => (await numberOf('incidents')) + (await numberOf('intake_quarantine'));
    const wanted = (await processed()) + number;
    await until(async () => (await processed()) >= wanted, { timeoutMs: PROCESSED_TIMEOUT_MS });
  };
  /** The last counts of the workers that have ended. */
  let endedWorkers: IntakeCounts[];
  /** Reads the counts of a worker and ends it, while a lock in the database blocks its in-flight messages. */
  const endAtWork = async (worker: Run, end: () => Promise<void>) => {
    await workers.database.query('BEGIN');
    await workers.database.query('LOCK TABLE incidents, intake_quarantine IN SHARE ROW EXCLUSIVE MODE');
    endedWorkers.push(await intakeCountsAt(await worker.ready(), 'kafka'));
    await end();
    await workers.database.query('COMMIT');
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
  /** Expects one incident for each valid message; each invalid one is quarantined once, and is among the dead letters. */
  const expectAll = async (messages: readonly TestMessage[]) => {
    const valid = messages.filter(isValid).map(({ value }) => String(value));
    const found = await workers.database.query<{ description: string }>('SELECT description FROM incidents');
    expect(found).toHaveLength(valid.length);
    expect(new Set(found.map(({ description }) => description))).toEqual(
      new Set(valid.map((value) => (JSON.parse(value) as { description: string }).description)),
    );
    expect(await numberOf('incident_events')).toBe(valid.length);

    const invalid = messages.filter((message) => !isValid(message)).map(({ value }) => String(value));
    const quarantined = await workers.database.query<{ payload: Buffer }>(
      'SELECT payload FROM intake_quarantine',
    );
    expect(quarantined.map(({ payload }) => String(payload)).toSorted()).toEqual(invalid.toSorted());
    const dead = await workers.kafka.read(`${workers.inboundTopic}.dlq`);
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
        await workers.send(...batch);
      };
      let worker = await workers.start();
      for (let kill = 0; kill < KILLS; kill++) {
        await send();
        await untilMore(200);
        await killAtWork(worker);
        worker = await workers.start();
      }
      for (let join = 0; join < JOINS; join++) {
        await send();
        await untilMore(200);
        const other = await workers.start();
        await send();
        await untilMore(200);
        await stopAtWork(other);
      }
      await send();
      await workers.untilConsumed();
      await expectAll(messages);
      const counts = await intakeCountsAt(await worker.ready(), 'kafka');
      expectBalanced(counts);
      expectBounds(sumOf([...endedWorkers, counts]));

      const known = messages.slice(0, 300).map(({ value }, n) => ({
        value: typeof value === 'string' ? value.replace('report', 'last') : Buffer.concat([value, value]),
        headers: { 'idempotency-key': `last-${n}` },
      }));
      const before = await storedCountsIn(workers.database, 'kafka');
      await workers.send(...known, ...known.filter(isValid));
      await workers.untilConsumed();
      const { incidents, quarantined } = await storedCountsIn(workers.database, 'kafka');
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
      const both = [await workers.start(), await workers.start()];
      await workers.send(...messages.slice(0, 2_000));
      await untilMore(100);
      await restartBroker();
      await workers.send(...messages.slice(2_000));
      await workers.untilConsumed();
      await expectAll(messages);
      const counts = await Promise.all(
        both.map(async (worker) => intakeCountsAt(await worker.ready(), 'kafka')),
      );
      // No worker was killed: redelivered messages count as duplicates or quarantined again, but never as created again.
      const { created, quarantined } = sumOf(counts);
      expect(created).toBe(messages.filter(isValid).length);
      expect(quarantined).toBeGreaterThanOrEqual(INVALID_MESSAGES);
      for (const worker of both) expect(await worker.end()).toBe(0);
    },
    TIMEOUT,
  );
});
