import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, Producer } from '@platformatic/kafka';
import { Broker } from '../test/support/kafka/broker.ts';
import { kafkaJars, kafkaUnavailableReason } from '../test/support/kafka/jars.ts';
import { Contender, freePort } from './contender.ts';
import { interruption } from './interruption.ts';
import { REQUESTS } from './load/requests.ts';
import type { Postgres } from './postgres.ts';
import { worker } from './programs.ts';

const TOPIC = 'incidents.inbound';
const PARTITIONS = 8;
const SENT_AT_ONCE = 1_000;

/** The share of the messages that a fresh process takes in before the clock runs. */
const WARM_UP = 0.2;
const LOOK = 20;

/** Why there is no Kafka to measure with; undefined where there is one. */
export const whyLeftOut = kafkaUnavailableReason;

export interface KafkaOutcome {
  /** Messages that are committed in the register, a second; their events are passed on meanwhile. */
  readonly rate: number;
  readonly peakMemory: number | undefined;
}

/** How fast one worker takes in so many messages that wait for it, into this database. */
export async function drainKafka(
  postgres: Postgres,
  database: string,
  messages: number,
): Promise<KafkaOutcome> {
  const broker = await Broker.start(kafkaJars(), freePort);
  try {
    await fill(broker.address, messages);
    const taken = () => incidentsIn(postgres, database);
    const before = await taken();
    const program = worker(postgres.url(database), broker.address);
    await using contender = await Contender.start(program, postgres.directory);
    const from = await when(taken, before + messages * WARM_UP);
    const to = await when(taken, before + messages);
    const rate = ((to.incidents - from.incidents) / (to.at - from.at)) * 1_000;
    return { rate, peakMemory: contender.peakMemory };
  } finally {
    await broker.stop();
  }
}

async function fill(address: string, messages: number): Promise<void> {
  const client = { clientId: 'bench', bootstrapBrokers: [address] };
  const admin = new Admin(client);
  const producer = new Producer({ ...client, idempotent: true });
  try {
    await admin.createTopics({ topics: [TOPIC], partitions: PARTITIONS });
    const value = Buffer.from(REQUESTS.create.body!);
    for (let sent = 0; sent < messages; sent += SENT_AT_ONCE) {
      interruption.throwIfAborted();
      const length = Math.min(SENT_AT_ONCE, messages - sent);
      const portion = Array.from({ length }, (_, n) => ({ topic: TOPIC, partition: n % PARTITIONS, value }));
      await producer.send({ messages: portion });
    }
  } finally {
    await producer.close();
    await admin.close();
  }
}

async function incidentsIn(postgres: Postgres, database: string): Promise<number> {
  const [found] = await postgres.query<{ incidents: number }>(
    'SELECT sum(count)::int AS incidents FROM incident_counts',
    database,
  );
  return found!.incidents;
}

/** Resolves when there are at least so many incidents, with how many there are and when that was. */
async function when(taken: () => Promise<number>, wanted: number) {
  for (;;) {
    interruption.throwIfAborted();
    const incidents = await taken();
    if (incidents >= wanted) return { incidents, at: performance.now() };
    await sleep(LOOK);
  }
}
