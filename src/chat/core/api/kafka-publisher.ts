import { Logger } from '@nestjs/common';
import { type BaseOptions, GenericError, MultipleErrors, Producer } from '@platformatic/kafka';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import type { BotHealth } from '../../telegram/bot-health.js';
import type { BotMetrics } from '../../telegram/bot-metrics.js';
import type { Report } from '../parse/message-parser.js';
import type { RequestIdentity } from './incidents-api-client.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';

/** All replicas that are in step have the message when it is acknowledged. */
const ALL = -1;

/** How long one attempt may take, in milliseconds. */
const TIME_LIMIT = 5_000;

const logger = new Logger('Kafka');

/** A report as it lies in the topic. */
export interface ReportMessage {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

/** Finds out whether the register would take a message in. @throws Refused where it would not. */
export type Check = (message: ReportMessage) => Promise<void>;

/** The topic from which the register takes reports. */
export class KafkaPublisher {
  private readonly producer: Producer;

  constructor(
    options: BaseOptions,
    private readonly topic: string,
    private readonly check: Check,
    private readonly health: BotHealth,
    private readonly metrics: BotMetrics,
    /** Ends the waiting for brokers that are away. */
    private readonly stop: AbortSignal,
  ) {
    this.producer = new Producer({
      ...options,
      retries: 0,
      requestTimeout: TIME_LIMIT,
      timeout: TIME_LIMIT,
    });
  }

  /**
   * Resolves when the brokers have the report, however long that takes; it may be there more than once then, which its
   * key makes up for.
   * @throws Refused where the register would not take it in.
   * @throws Stopped where the bot is told to stop before that.
   */
  async publish({ description, source }: Report, { key, actor }: RequestIdentity): Promise<void> {
    const named = Object.entries({ 'idempotency-key': key, actor, channel: 'telegram' });
    const headers = named.map(([name, text]) => [name, Buffer.from(text)] as const);
    const value = Buffer.from(JSON.stringify({ description, source }));
    const report = { key: Buffer.from(key), value, headers };
    await this.check(report);
    const message = {
      ...report,
      topic: this.topic,
      headers: new Map(headers.map(([name, text]) => [Buffer.from(name), text])),
    };
    for (let failures = 1; ; failures++) {
      try {
        await this.producer.send({ acks: ALL, messages: [message] });
        this.health.brokersAnswered();
        return;
      } catch (error) {
        if (!isOfBrokers(error)) throw error;
        this.health.brokersAway(error.message);
        logger.warn(`the brokers have not taken a report yet (${error.message}); waiting`);
        this.metrics.retries.inc({ service: 'kafka' });
        if (!(await sleepUnlessAborted(backoffMs(failures), this.stop))) throw new ShutdownError();
      }
    }
  }

  async close(): Promise<void> {
    await this.producer.close();
  }
}

/** The library's own failures are all about the way to the brokers, or what they say. */
function isOfBrokers(error: unknown): error is Error {
  return error instanceof GenericError || error instanceof MultipleErrors;
}
