import { randomUUID } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { Admin, Consumer, type Message, Producer } from '@platformatic/kafka';
import { Broker } from './kafka/broker.js';
import { kafkaJars, kafkaUnavailableReason } from './kafka/jars.js';
import { aPort } from './ports.js';

/** Existing brokers to use instead of starting one. */
const EXTERNAL_BROKERS = process.env['KAFKA_TEST_BROKERS'] || undefined;

const unavailableReason =
  EXTERNAL_BROKERS === undefined && process.env['CI'] !== 'true' ? kafkaUnavailableReason() : undefined;

/** Whether tests can use Kafka; CI must have it. */
export const hasKafka = unavailableReason === undefined;

/** Whether tests may kill and restart the broker: not an external one. */
export const canRestartKafka = hasKafka && EXTERNAL_BROKERS === undefined;

if (unavailableReason !== undefined)
  process.stdout.write(`The tests with a real Kafka are skipped: ${unavailableReason}.\n`);

/** The first start may have to download Kafka. */
export const KAFKA_STARTUP_TIMEOUT_MS = 300_000;

/** A message to send. Without a partition, the producer chooses one. */
export interface TestMessage {
  readonly value: Buffer | string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly partition?: number;
}

export interface TestKafka {
  /** The value of KAFKA_BROKERS. */
  readonly brokers: string;
  /** A unique prefix for the topics of a test. */
  readonly prefix: string;
  createTopic(topic: string, partitions: number): Promise<void>;
  /** Sends messages in order in one batch; resolves when the broker has acknowledged all of them. */
  send(topic: string, messages: readonly TestMessage[]): Promise<void>;
  /** All messages that are in the topic now. */
  read(topic: string): Promise<Message[]>;
  /** The number of messages of the topic that the group has not committed. */
  lag(topic: string, group: string): Promise<number>;
  /** Closes the connections, and stops a broker that is not shared. */
  stop(): Promise<void>;
}

/** A broker that only one spec uses, which may kill it. */
export interface OwnKafka extends TestKafka {
  /** Kills the broker with kill -9, and starts it on the same data. */
  restart(): Promise<void>;
}

/** Connects to the broker that all specs of a run share, or to KAFKA_TEST_BROKERS. */
export async function aKafka(): Promise<TestKafka> {
  return connectTo(EXTERNAL_BROKERS ?? (await sharedBroker()), async () => undefined);
}

/** Starts a broker for one spec, or connects to KAFKA_TEST_BROKERS. */
export async function anOwnKafka(): Promise<OwnKafka> {
  if (EXTERNAL_BROKERS !== undefined) {
    const restart = () => Promise.reject(new Error('an external broker cannot be restarted'));
    return { ...connectTo(EXTERNAL_BROKERS, async () => undefined), restart };
  }
  const broker = await Broker.start(kafkaJars(), aPort);
  return { ...connectTo(broker.address, () => broker.stop()), restart: () => broker.restart() };
}

/** The address of the shared broker, which the first request starts: see `serveBroker`. */
async function sharedBroker(): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ socketPath: process.env['TEST_KAFKA']! }, resolve).on('error', reject);
  });
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(answer);
  return answer;
}

/** Connects to brokers. @param stopBroker is called when the connections have been closed. */
export function connectTo(brokers: string, stopBroker: () => Promise<void>): TestKafka {
  const client = { clientId: 'tests', bootstrapBrokers: brokers.split(','), retries: 10, retryDelay: 300 };
  const admin = new Admin(client);
  // A retry, for example after a restart, does not duplicate messages.
  const producer = new Producer({ ...client, idempotent: true });

  const endOffsets = async (topic: string): Promise<bigint[]> => {
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
      const total = (await endOffsets(topic)).reduce((sum, end) => sum + Number(end), 0);
      if (total === 0) return [];
      const consumer = new Consumer({ ...client, groupId: randomUUID() });
      const found: Message[] = [];
      try {
        const stream = await consumer.consume({
          topics: [topic],
          mode: 'earliest',
          autocommit: false,
          maxWaitTime: 100,
        });
        for await (const message of stream) if (found.push(message) >= total) break;
      } finally {
        await consumer.close(true);
      }
      return found;
    },
    lag: async (topic, group) => {
      const offsets = await endOffsets(topic);
      const partitionIndexes = offsets.map((_, partition) => partition);
      const topics = [{ name: topic, partitionIndexes }];
      const [found] = await admin.listConsumerGroupOffsets({ groups: [{ groupId: group, topics }] });
      const committed = new Map(
        found!.topics.flatMap(({ partitions }) =>
          partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
        ),
      );
      return offsets.reduce((sum, end, partition) => {
        const offset = committed.get(partition) ?? 0n;
        return sum + Number(end - (offset > 0n ? offset : 0n));
      }, 0);
    },
    stop: async () => {
      await producer.close();
      await admin.close();
      await stopBroker();
    },
  };
}
