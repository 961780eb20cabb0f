import { Logger } from '@nestjs/common';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import type { BotHealth } from '../../telegram/bot-health.js';
import type { BotMetrics } from '../../telegram/bot-metrics.js';
import type { Report } from '../parse/message-parser.js';
import type { RequestIdentity } from './incidents-api-client.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';

const logger = new Logger('Kafka');

/** Sends messages to the brokers. */
export interface MessageProducer {
  /** Resolves when the brokers have acknowledged the messages; rejects with the failure of the attempt. */
  send(
    messages: readonly {
      readonly topic: string;
      readonly key: Buffer;
      readonly value: Buffer;
      readonly headers: ReadonlyMap<Buffer, Buffer>;
    }[],
  ): Promise<void>;
  close(): Promise<void>;
}

/** A report as a message. */
export interface ReportMessage {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

/** Checks whether the service would accept a message. @throws ApiRejection if it would quarantine it. */
export type Check = (message: ReportMessage) => Promise<void>;

/** Publishes reports to the topic from which the service reads them. */
export class KafkaPublisher {
  constructor(
    private readonly producer: MessageProducer,
    private readonly topic: string,
    private readonly check: Check,
    private readonly health: BotHealth,
    private readonly metrics: BotMetrics,
    /** Aborts the retries while the brokers are unreachable. */
    private readonly stop: AbortSignal,
  ) {}

  /**
   * Resolves when the brokers have acknowledged the report, and retries until then. The topic may have it several times; its
   * idempotency key makes it one report.
   * @throws ApiRejection if the service would quarantine it.
   * @throws ShutdownError if the bot stops before.
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
        await this.producer.send([message]);
        this.health.brokersAnswered();
        return;
      } catch (error) {
        const { message: reason } = ((error as Error).cause ?? error) as Error;
        this.health.brokersAway(reason);
        logger.warn(`the brokers have not acknowledged a report yet (${reason}); retrying`);
        this.metrics.retries.inc({ service: 'kafka' });
        if (!(await sleepUnlessAborted(backoffMs(failures), this.stop))) throw new ShutdownError();
      }
    }
  }

  async close(): Promise<void> {
    await this.producer.close();
  }
}
