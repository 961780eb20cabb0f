import { randomUUID } from 'node:crypto';
import { Admin, Consumer, type Message, Producer } from '@platformatic/kafka';
import { urlOf } from '../../src/infrastructure/postgres/connection/connection.js';
import type { TestDatabase } from './databases.js';
import { Broker } from './kafka/broker.js';
import { kafkaJars, kafkaUnavailableReason } from './kafka/jars.js';
import { aPort } from './ports.js';

/** A Kafka that is there already, where no broker of the tests' own is wanted. */
const EXTERNAL_BROKERS = process.env['KAFKA_TEST_BROKERS'] || undefined;

const unavailableReason =
  EXTERNAL_BROKERS === undefined && process.env['CI'] !== 'true' ? kafkaUnavailableReason() : undefined;

/** Whether there is a Kafka for the tests; where tests run unattended there must be one. */
export const hasKafka = unavailableReason === undefined;

/** Whether it may be killed and started again. */
export const canRestartKafka = hasKafka && EXTERNAL_BROKERS === undefined;

if (unavailableReason !== undefined)
  process.stdout.write(`The tests with a real Kafka are left out: ${unavailableReason}.\n`);

/** How long the first one takes, when Kafka has to be fetched, in milliseconds. */
export const KAFKA_STARTUP_TIMEOUT_MS = 300_000;

/** A message as it is sent: with headers, and to a partition where it is to be a certain one. */
export interface TestMessage {
  readonly value: Buffer | string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly partition?: number;
}

export interface TestKafka {
  /** As KAFKA_BROKERS wants them. */
  readonly brokers: string;
  /** With what the names of this test's topics begin: nobody else has it. */
  readonly prefix: string;
  createTopic(topic: string, partitions: number): Promise<void>;
  /** Sends messages in their order, in one batch, once the broker has them all. */
  send(topic: string, messages: readonly TestMessage[]): Promise<void>;
  /** All that is in the topic by now. */
  read(topic: string): Promise<Message[]>;
  /** How many messages of the topic's partitions the group has not committed yet. */
  lag(topic: string, group: string): Promise<number>;
  /** kill -9, and a start on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A real Kafka for a spec: one of its own, or that of KAFKA_TEST_BROKERS. */
export async function aKafka(): Promise<TestKafka> {
  const broker = EXTERNAL_BROKERS === undefined ? await Broker.start(kafkaJars(), aPort) : undefined;
  const brokers = broker?.address ?? EXTERNAL_BROKERS!;
  const client = { clientId: 'tests', bootstrapBrokers: brokers.split(','), retries: 10, retryDelay: 300 };
  const admin = new Admin(client);
  // What it sends again, as after a restart, is in the topic once.
  const producer = new Producer({ ...client, idempotent: true });

  const ends = async (topic: string): Promise<bigint[]> => {
    const consumer = new Consumer({ ...client, groupId: randomUUID() });
    try {
      return (await consumer.listOffsets({ topics: [topic] })).get(topic)!;
    } finally {
      await consumer.close();
    }
  };

  return {
    brokers,
    prefix: `test-${randomUUID().slice(0, 8)}`,
    createTopic: async (topic, partitions) => {
      await admin.createTopics({ topics: [topic], partitions, replicas: 1 });
    },
    send: async (topic, messages) => {
      await producer.send({
        messages: messages.map(({ value, key, headers = {}, partition }) => ({
          topic,
          value: Buffer.from(value),
          ...(key !== undefined && { key: Buffer.from(key) }),
          ...(partition !== undefined && { partition }),
          headers: new Map(
            Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]),
          ),
        })),
      });
    },
    read: async (topic) => {
      const wanted = (await ends(topic)).reduce((sum, end) => sum + Number(end), 0);
      if (wanted === 0) return [];
      const consumer = new Consumer({ ...client, groupId: randomUUID() });
      const found: Message[] = [];
      try {
        const stream = await consumer.consume({
          topics: [topic],
          mode: 'earliest',
          autocommit: false,
          maxWaitTime: 100,
        });
        for await (const message of stream) if (found.push(message) >= wanted) break;
      } finally {
        await consumer.close(true);
      }
      return found;
    },
    lag: async (topic, group) => {
      const all = await ends(topic);
      const partitionIndexes = all.map((_, partition) => partition);
      const topics = [{ name: topic, partitionIndexes }];
      const [found] = await admin.listConsumerGroupOffsets({ groups: [{ groupId: group, topics }] });
      const committed = new Map(
        found!.topics.flatMap(({ partitions }) =>
          partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
        ),
      );
      return all.reduce((sum, end, partition) => {
        const offset = committed.get(partition) ?? 0n;
        return sum + Number(end - (offset > 0n ? offset : 0n));
      }, 0);
    },
    restart: async () => broker!.restart(),
    stop: async () => {
      await producer.close();
      await admin.close();
      await broker?.stop();
    },
  };
}

/** What a worker is started with, on this Kafka and database, as the role with few rights. */
export const workerOn = (
  { brokers }: TestKafka,
  { service }: TestDatabase,
  prefix: string,
): Record<string, string> => ({
  DATABASE_URL: urlOf(service),
  KAFKA_BROKERS: brokers,
  KAFKA_TOPIC_PREFIX: prefix,
  KAFKA_GROUP: prefix,
});
