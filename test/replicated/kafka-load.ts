import { setTimeout as sleep } from 'node:timers/promises';
import { Broker } from '../support/kafka/broker.ts';
import { kafkaJars } from '../support/kafka/jars.ts';
import { connectTo, type TestKafka } from '../support/kafka.ts';
import { aPort } from '../support/ports.ts';

const INTERVAL_MS = 200;
const TOPIC_PREFIX = 'incidents';
const GROUP = 'incidents';

/** Three brokers; a message is acknowledged once two of them have it. */
export class TestBrokers implements AsyncDisposable {
  private readonly brokers: readonly Broker[];
  private killed: Broker | undefined;
  private kills = 0;

  private constructor(brokers: readonly Broker[]) {
    this.brokers = brokers;
  }

  static async start(): Promise<TestBrokers> {
    return new TestBrokers(await Broker.startCluster(kafkaJars(), aPort, 3));
  }

  /** The value of KAFKA_BROKERS. */
  get addresses(): string {
    return this.brokers.map(({ address }) => address).join(',');
  }

  /** Kills a broker, another one each time. */
  async killOne(): Promise<void> {
    this.killed = this.brokers[this.kills++ % this.brokers.length]!;
    await this.killed.kill();
  }

  async startAgain(): Promise<void> {
    await this.killed!.launch();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.stop()));
  }
}

/** A program that reports by Kafka, and what the worker publishes there. */
export class KafkaLoad implements AsyncDisposable {
  /** The texts of messages that the brokers have acknowledged. */
  readonly acknowledged: string[] = [];
  /** Those of messages that may have been stored or not. */
  readonly unanswered: string[] = [];
  private readonly kafka: TestKafka;

  constructor(brokers: string) {
    this.kafka = connectTo(brokers, async () => undefined);
  }

  async write(name: string, signal: AbortSignal): Promise<void> {
    for (let n = 0; !signal.aborted; n++) {
      const text = `${name}-kafka-${n} Самокат не отвечает`;
      const value = JSON.stringify({ description: text, source: 'monitoring' });
      try {
        await this.kafka.send(`${TOPIC_PREFIX}.inbound`, [{ value }]);
        this.acknowledged.push(text);
      } catch {
        this.unanswered.push(text);
      }
      await sleep(INTERVAL_MS);
    }
  }

  /** The number of messages that the worker has not stored. */
  lag(): Promise<number> {
    return this.kafka.lag(`${TOPIC_PREFIX}.inbound`, GROUP);
  }

  /** The ids of the published events, without those that were delivered again, in the order of each partition. */
  async publishedEvents(): Promise<readonly string[]> {
    const messages = await this.kafka.read(`${TOPIC_PREFIX}.events`);
    return [...new Set(messages.map(({ value }) => (JSON.parse(String(value)) as { id: string }).id))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kafka.stop();
  }
}
