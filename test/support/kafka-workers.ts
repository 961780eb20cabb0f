import { urlOf } from '../../src/infrastructure/postgres/connection/connection.js';
import { aDatabase, type TestDatabase } from './databases.js';
import {
  aKafka,
  anOwnKafka,
  KAFKA_STARTUP_TIMEOUT_MS,
  type OwnKafka,
  type TestKafka,
  type TestMessage,
} from './kafka.js';
import { killLeftovers, run, type Run } from './processes.js';
import { until } from './until.js';

/** How long a group may take: it waits 6 s for a member that was killed, and a busy machine is slow. */
const CONSUMED_TIMEOUT_MS = 120_000;

const POLL_INTERVAL_MS = 50;

/** What the tests of a spec have for workers: the broker of the spec, and a database, topics and a group for each test. */
export class KafkaWorkers {
  kafka!: TestKafka;
  database!: TestDatabase;
  /** The prefix of the topics, and the name of the group. */
  prefix = '';

  /** The environment of a worker, with the role that has few privileges. */
  get environment(): Record<string, string> {
    return {
      DATABASE_URL: urlOf(this.database.service),
      KAFKA_BROKERS: this.kafka.brokers,
      KAFKA_TOPIC_PREFIX: this.prefix,
      KAFKA_GROUP: this.prefix,
    };
  }

  get inboundTopic(): string {
    return `${this.prefix}.inbound`;
  }

  /** Starts a worker, and resolves once it listens. */
  async start(more: Record<string, string> = {}): Promise<Run> {
    const worker = run('worker', { ...this.environment, ...more });
    await worker.ready();
    return worker;
  }

  /** Sends messages to the inbound topic. */
  async send(...messages: readonly TestMessage[]): Promise<void> {
    await this.kafka.send(this.inboundTopic, messages);
  }

  /** The number of inbound messages that the group has not committed. */
  lag(): Promise<number> {
    return this.kafka.lag(this.inboundTopic, this.prefix);
  }

  /** Resolves once the group has committed all inbound messages. */
  async untilConsumed(): Promise<void> {
    await until(async () => (await this.lag()) === 0, {
      timeoutMs: CONSUMED_TIMEOUT_MS,
      intervalMs: POLL_INTERVAL_MS,
    });
  }
}

/** Registers the hooks of a spec whose workers use the shared broker. */
export function kafkaWorkers(): KafkaWorkers {
  return withHooks(aKafka);
}

/** The same on a broker that only this spec uses. @returns the workers, and what kills the broker and starts it on the same data. */
export function kafkaWorkersOnOwnBroker(): { workers: KafkaWorkers; restartBroker: () => Promise<void> } {
  let own: OwnKafka;
  const workers = withHooks(async () => (own = await anOwnKafka()));
  return { workers, restartBroker: () => own.restart() };
}

function withHooks(open: () => Promise<TestKafka>): KafkaWorkers {
  const workers = new KafkaWorkers();
  let tests = 0;
  beforeAll(async () => {
    workers.kafka = await open();
  }, KAFKA_STARTUP_TIMEOUT_MS);
  beforeEach(async () => {
    workers.database = await aDatabase();
    workers.prefix = `${workers.kafka.prefix}-${++tests}`;
  });
  afterEach(async () => {
    await killLeftovers();
    await workers.database.drop();
  });
  afterAll(() => workers.kafka.stop());
  return workers;
}
