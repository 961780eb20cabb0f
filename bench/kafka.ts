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
const SEND_BATCH = 1_000;

/** The share of the messages that a new process handles before the measurement begins. */
const WARM_UP_SHARE = 0.2;
const POLL_INTERVAL_MS = 20;

/** Why the machine has no Kafka; undefined if it has one. */
export const whySkipped = kafkaUnavailableReason;

export interface KafkaOutcome {
  /** Messages committed per second; the worker publishes their events at the same time. */
  readonly rate: number;
  readonly peakMemory: number | undefined;
}

/** Measures how fast one worker stores a backlog of messages in this database. */
export async function drainKafka(
  postgres: Postgres,
  database: string,
  messages: number,
): Promise<KafkaOutcome> {
  const broker = await Broker.start(kafkaJars(), freePort);
  try {
    await fill(broker.address, messages);
    const countIncidents = () => incidentsIn(postgres, database);
    const before = await countIncidents();
    const program = worker(postgres.url(database), broker.address);
    await using contender = await Contender.start(program, postgres.directory);
    const from = await untilCount(countIncidents, before + messages * WARM_UP_SHARE);
    const to = await untilCount(countIncidents, before + messages);
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
    for (let sent = 0; sent < messages; sent += SEND_BATCH) {
      interruption.throwIfAborted();
      const length = Math.min(SEND_BATCH, messages - sent);
      const batch = Array.from({ length }, (_, n) => ({ topic: TOPIC, partition: n % PARTITIONS, value }));
      await producer.send({ messages: batch });
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

/** Resolves once there are at least `minimum` incidents, with their number and the time in ms. */
async function untilCount(countIncidents: () => Promise<number>, minimum: number) {
  for (;;) {
    interruption.throwIfAborted();
    const incidents = await countIncidents();
    if (incidents >= minimum) return { incidents, at: performance.now() };
    await sleep(POLL_INTERVAL_MS);
  }
}
